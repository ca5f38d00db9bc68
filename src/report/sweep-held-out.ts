import type { SweepDocument } from '../core/search.ts'
import { count, date, plural } from './format.ts'
import { card, escapeHtml, lines, section, tableHtml } from './html.ts'
import { shapeOf, shapeText } from './search-format.ts'

/** What the best of a model's settings is worth on bars that had no say in choosing it; HTML. */
export function heldOutSentence(document: SweepDocument): string {
  const { best, heldOut, search } = document
  if (best === null || heldOut === null) return ''
  const { label, form } = shapeOf(search.objective.name)
  const text = (value: number | null) => shapeText(form, value, document)
  if (heldOut.objective === null)
    return `On bars that no trial saw nothing can be said of it: ${escapeHtml(heldOut.reason ?? 'it has no such figure there')}.`
  const tone = isWorse(document) ? ' class="bad"' : ''
  return `It was chosen for ${escapeHtml(label)} ${text(best.objective)} on validation; <strong${tone}>on bars that no trial saw it has ${text(heldOut.objective)}</strong>.`
}

/** Beside the figure that it was chosen for. */
export function heldOutCard(document: SweepDocument): string[] {
  const { best, heldOut, search } = document
  if (best === null || heldOut === null) return []
  const { label, form } = shapeOf(search.objective.name)
  const text = (value: number | null) => shapeText(form, value, document)
  return [
    card(
      `${escapeHtml(label)} on bars no trial saw`,
      text(heldOut.objective),
      heldOut.objective === null
        ? escapeHtml(heldOut.reason ?? '')
        : lines(`${text(best.objective)} where it was chosen`, `from ${date(heldOut.from)} to ${date(heldOut.to)}`),
      isWorse(document) ? 'bad' : '',
    ),
  ]
}

/** The best on its validation folds and on what was held out, figure by figure. */
export function heldOutSection(document: SweepDocument): string {
  const { best, heldOut } = document
  if (best === null || heldOut === null) return ''
  const { from, to, learnt, purged, metrics, reason } = heldOut
  const keys = Object.keys(metrics)
  const rows = keys.map((key) => {
    const { label, form } = shapeOf(key)
    const value = (of: number | null | undefined) => shapeText(form, of, document)
    return [escapeHtml(label), value(best.metrics[key]), value(metrics[key])]
  })
  return section(
    'held',
    'On bars that no trial saw',
    `<p>The newest bars, ${date(from)} to ${date(to)} UTC, were kept from every trial. When the best was known it was fitted once on ${plural(learnt, 'row')} before them and judged on them. ${purged === 0 ? '' : `${count(purged)} rows between the two were left out, because their labels reach into what was held out. `}Whoever searches again by what is shown here has made a part of the search of these bars, too.</p>`,
    keys.length === 0
      ? `<p class="off">Nothing can be said of them: ${escapeHtml(reason ?? 'there are no figures')}.</p>`
      : tableHtml(
          'The best where it was chosen, and where it was not',
          [
            { title: 'Figure' },
            { title: 'on validation', kind: 'number' },
            { title: 'on bars that no trial saw', kind: 'number' },
          ],
          rows,
        ),
  )
}

function isWorse({ best, heldOut, search }: SweepDocument): boolean {
  const [chosen, held] = [best?.objective ?? null, heldOut?.objective ?? null]
  if (chosen === null || held === null) return false
  return search.objective.goal === 'max' ? held < chosen : held > chosen
}
