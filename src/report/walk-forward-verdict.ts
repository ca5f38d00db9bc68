import type { WalkForwardDocument } from '../core/search.ts'
import { chance, count, NONE, percent, plural, ratio, signedPercent } from './format.ts'
import { card, escapeHtml, lines } from './html.ts'
import { tooFew } from './search-format.ts'
import { costAlarm } from './search-head.ts'

/**
 * The judgement in a sentence or two, and what was earned out of sample; in sample stands beside it, in grey.
 */
export function walkForwardVerdict(document: WalkForwardDocument): string {
  return `<section id="verdict" aria-labelledby="verdict-h"><h2 id="verdict-h" class="hidden">Verdict</h2>
${alarms(document)}<p class="sentence">${sentence(document)}</p>\n<dl class="cards">${cards(document).join('\n')}</dl></section>`
}

function alarms(document: WalkForwardDocument): string {
  const idle = document.windows.filter(({ chosen }) => chosen === null).length
  const nothing =
    idle === 0
      ? ''
      : `<p class="alarm" role="alert"><strong>In ${plural(idle, 'window')} of ${count(document.windows.length)} no trial could be chosen:</strong> nothing was traded there.</p>`
  return costAlarm(document) + nothing
}

function sentence(document: WalkForwardDocument): string {
  const { metrics, peer, windows, overfitting, remarks } = document
  const total = metrics['totalReturn'] ?? null
  const held = peer['totalReturn'] ?? null
  const made = (value: number) => (value >= 0 ? `made ${percent(value)}` : `lost ${percent(-value)}`)
  const earned =
    total === null
      ? 'The return cannot be computed.'
      : `Chosen anew before each of ${plural(windows.length, 'stretch', 'stretches')}, it <strong>${made(total)} on what it had not seen</strong>${held === null ? '' : `, where buying and holding ${made(held)}`}, falling at worst ${percent(metrics['maxDrawdown'])} below its peak.`
  const judged =
    overfitting === null
      ? ''
      : `<strong class="${{ good: 'good', bad: 'bad', unclear: 'mark' }[overfitting.tone]}">${escapeHtml(overfitting.verdict)}</strong> What else the project has tried is in its ledger.`
  const more =
    remarks.length === 0 ? '' : `<a href="#remarks">${plural(remarks.length, 'thing')} to know before believing it</a>`
  return [earned, efficiencyWords(document), judged, more].filter((part) => part !== '').join(' ')
}

/** What is left of a year's return once it is no longer the stretch that was chosen on. */
function efficiencyWords({ efficiency }: WalkForwardDocument): string {
  if (efficiency === null) return ''
  if (efficiency < 0) return '<strong>What was chosen because it had gained, lost.</strong>'
  return `A year brought ${percent(efficiency, 0)} of what it brought where it was chosen.`
}

function cards(document: WalkForwardDocument): string[] {
  const { metrics, inSample, peer, windows, efficiency, profitable, overfitting, notes } = document
  const held = (key: string, text: (value: number) => string) =>
    peer[key] == null ? '' : `buy and hold ${text(peer[key])}`
  const chosenOn = (key: string, text: (value: number) => string) =>
    inSample[key] == null ? '' : `<span class="later">where chosen, mean ${text(inSample[key])}</span>`
  const tone = (value: number | null | undefined) => (value == null || value === 0 ? '' : value > 0 ? 'good' : 'bad')
  const one = (label: string, key: string, text: (value: number | null | undefined) => string, kind = '') =>
    card(label, text(metrics[key]), lines(held(key, text), chosenOn(key, text)), kind)
  // one that was chosen for may not have traded at all
  const chosen = windows.filter(({ outOfSample }) => outOfSample !== null).length
  return [
    card(
      'Return',
      signedPercent(metrics['totalReturn']),
      held('totalReturn', signedPercent),
      tone(metrics['totalReturn']),
    ),
    one('A year', 'cagr', signedPercent, tone(metrics['cagr'])),
    one('Sharpe', 'sharpe', ratio),
    one('Largest drawdown', 'maxDrawdown', percent),
    card(
      'Walk-forward efficiency',
      percent(efficiency, 0),
      efficiency === null
        ? escapeHtml(notes['efficiency'] ?? 'too few to say')
        : lines('a year’s return, out of sample ÷ in sample', 'Pardo asks for 50\u202f% or more'),
      efficiency === null ? '' : efficiency >= 0.5 ? 'good' : 'bad',
    ),
    card(
      'Windows that gained',
      percent(profitable, 0),
      profitable === null
        ? 'no window had a choice'
        : `${count(Math.round(profitable * chosen))} of ${plural(chosen, 'window')}${chosen < windows.length ? ' with a choice' : ''}`,
    ),
    card('Closed trades', metrics['trades'] == null ? NONE : count(metrics['trades']), tradeWords(document)),
    card(
      'Chance of skill',
      chance(overfitting?.probabilistic),
      overfitting === null || overfitting.probabilistic === null
        ? tooFew(overfitting?.notes['probabilistic'])
        : lines('that its true Sharpe is above 0', 'before whatever else was tried'),
      overfitting?.probabilistic != null && overfitting.probabilistic < 0.5 ? 'bad' : '',
    ),
  ]
}

function tradeWords({ metrics }: WalkForwardDocument): string {
  return lines(
    metrics['winRate'] == null ? '' : `${percent(metrics['winRate'], 1)} won`,
    metrics['exposure'] == null ? '' : `in the market ${percent(metrics['exposure'], 0)} of the time`,
  )
}
