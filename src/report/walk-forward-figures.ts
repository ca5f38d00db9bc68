import type { WalkForwardDocument } from '../core/search.ts'
import { METRICS } from '../metrics/index.ts'
import { figureText, NONE, plural } from './format.ts'
import { escapeHtml, section, tableHtml } from './html.ts'

/** Every figure of the stitched equity, beside its peer and what windows had where they were chosen. */
export function figuresSection({ metrics, peer, inSample, notes, cash, quote }: WalkForwardDocument): string {
  const rows = METRICS.filter(({ key }) => key in metrics)
  if (rows.length === 0) return ''
  const account = { cash, quote: escapeHtml(quote) }
  const table = tableHtml(
    'Out of sample, end to end',
    [
      { title: 'Figure' },
      { title: 'out of sample', kind: 'number' },
      { title: 'buy and hold', kind: 'number' },
      { title: 'in sample, mean', kind: 'number' },
      { title: 'Formula', kind: 'prose' },
    ],
    rows.map(({ key, label, unit, formula, source }) => {
      const note = notes[key]
      const isMissing = metrics[key] === null && note !== undefined
      return [
        escapeHtml(label),
        isMissing ? `${NONE} <span class="reason">${escapeHtml(note)}</span>` : figureText(metrics[key], unit, account),
        figureText(peer[key], unit, account),
        `<span class="later">${figureText(inSample[key], unit, account)}</span>`,
        `<span class="formula">${escapeHtml(formula)} <span class="source">(${escapeHtml(source)})</span></span>`,
      ]
    }),
  )
  return section(
    'metrics',
    'All figures',
    `<details><summary>${plural(rows.length, 'figure')} with formulas</summary>${table}</details>`,
  )
}
