import { type Block, blockSection } from './evaluation-block.ts'
import {
  BASELINE_KEYS,
  BASELINE_NAMES,
  ended,
  judgedText,
  rangeText,
  rowOf,
  standing,
  standingText,
} from './evaluation-format.ts'
import { NONE, plural, signedPercent } from './format.ts'
import { card, escapeHtml, lines } from './html.ts'

/** The judgement in a sentence or two, and the figures it rests on beside both baselines. */
export function evaluationVerdict(block: Block): string {
  const f1 = block.document.classes === 2 ? 'f1' : 'macroF1'
  const cards = [...['auc', 'logLoss', 'brier', 'accuracy', f1, 'mcc'].map((key) => judgedCard(block, key))]
  cards.push(moneyCard(block), rowsCard(block))
  const body = `<p class="sentence">${sentence(block)}</p>\n<dl class="cards">${cards.join('\n')}</dl>`
  if (block.name !== '') return blockSection(block, 'verdict', 'Verdict', body)
  return `<section id="verdict" aria-labelledby="verdict-h"><h2 id="verdict-h" class="hidden">Verdict</h2>\n${body}</section>`
}

function sentence({ document, one, tail }: Block): string {
  const { pooled, folds, verdicts } = one
  const rows = pooled.metrics['rows'] ?? 0
  const auc = pooled.metrics['auc'] ?? null
  const where = `On ${plural(rows, 'bar')} that it had not learnt from, in ${plural(folds.length, 'fold')},`
  const range = rangeText('auc', pooled.intervals['auc'])
  const theirs = BASELINE_KEYS.flatMap((key) => {
    const value = pooled.baselines[key].metrics['auc'] ?? null
    return value === null ? [] : [`the ${BASELINE_NAMES[key]} has ${judgedText('auc', value)}`]
  })
  const beside = theirs.length === 0 ? '' : `, where ${theirs.join(' and ')}`
  const area =
    auc === null
      ? `its AUC has no value${pooled.notes['auc'] === undefined ? '' : `: ${escapeHtml(pooled.notes['auc'])}`}`
      : `its <strong>AUC is ${judgedText('auc', auc)}</strong>${range === '' ? '' : ` <span class="whole">(95\u202f%: ${range})</span>`}${beside}`
  const findings = one.findings.filter(({ severity }) => severity === 'error').length
  const links = [
    findings === 0 ? '' : `<a href="#features${tail}">${plural(findings, 'error')} in its features or labels</a>`,
    tail !== '' || document.remarks.length === 0
      ? ''
      : `<a href="#remarks">${plural(document.remarks.length, 'thing')} to know before believing it</a>`,
  ]
  // what a verdict says of the AUC need not be said twice
  const figures = verdicts.some((text) => text.startsWith('AUC')) ? [] : [`${where} ${area}.`]
  const [first, ...others] = verdicts.map((text) => escapeHtml(ended(text)))
  const judged = first === undefined ? [] : [`<strong>${first}</strong>`, ...others]
  return [...figures, ...judged, ...links].filter((part) => part !== '').join(' ')
}

function judgedCard({ one: { pooled } }: Block, key: string): string {
  const value = pooled.metrics[key] ?? null
  const range = rangeText(key, pooled.intervals[key])
  const peers = BASELINE_KEYS.map((who) => {
    const baseline = pooled.baselines[who]
    const theirs = baseline.metrics[key] ?? null
    const how = standingText(baseline, key)
    return `${BASELINE_NAMES[who]} ${judgedText(key, theirs)}${how === '' ? '' : `: ${how}`}`
  })
  const standings = BASELINE_KEYS.map((who) => standing(pooled.baselines[who], key)).filter((how) => how !== null)
  const isBest = standings.length > 0 && standings.every((how) => how === 'better')
  const tone = standings.includes('worse') ? 'bad' : isBest ? 'good' : ''
  const note = pooled.notes[key]
  const why =
    value === null ? escapeHtml(note ?? '') : range === '' ? 'too few rows for an interval' : `95\u202f%: ${range}`
  const { label, better } = rowOf(key)
  return card(
    `${escapeHtml(label)}${better === 'lower' ? ', lower is better' : ''}`,
    judgedText(key, value),
    lines(why, ...peers),
    tone,
  )
}

/** What the best threshold would have brought, and what all chances together would have. */
function moneyCard({ one: { money } }: Block): string {
  const { best, rows } = money
  const label = 'Net of costs, a trade'
  if (best === null) return card(label, NONE, escapeHtml(money.notes['best'] ?? ''))
  const { single, threshold } = best
  const net = single.expectancy
  const all = rows[0]?.single
  return card(
    label,
    signedPercent(net, 3),
    lines(
      `${plural(single.trades, 'trade')} at p ≥ ${threshold.toFixed(3)}, one at a time`,
      all === undefined ? '' : `at every p: ${signedPercent(all.expectancy, 3)}`,
      'chosen on these rows: too good',
    ),
    net === null ? '' : net > 0 ? '' : 'bad',
  )
}

function rowsCard({ one, document }: Block): string {
  const { pooled, used, bars } = one
  return card(
    'Rows judged',
    judgedText('rows', pooled.metrics['rows']),
    lines(
      `${judgedText('upperShare', pooled.metrics['upperShare'])} of class ${document.classes - 1}`,
      `in ${plural(one.folds.length, 'fold')}`,
      `${judgedText('rows', used)} of ${plural(bars, 'bar')} can be used`,
    ),
  )
}
