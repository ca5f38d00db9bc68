import type { Overfitting, SweepDocument, SweepResult } from '../core/search.ts'
import { chance, count, NONE, percent, plural, ratio } from './format.ts'
import { card, escapeHtml, lines } from './html.ts'
import { effectiveText, finishedText, paramsText, shapeOf, shapeText, tooFew } from './search-format.ts'
import { costAlarm } from './search-head.ts'
import { heldOutCard, heldOutSentence } from './sweep-held-out.ts'
import { plateauCard } from './sweep-plateau.ts'

/** The judgement in a sentence or two, and the figures it rests on: the best before and after its search is counted. */
export function sweepVerdict(result: SweepResult): string {
  const { document } = result
  return `<section id="verdict" aria-labelledby="verdict-h"><h2 id="verdict-h" class="hidden">Verdict</h2>
${alarms(document)}<p class="sentence">${sentence(result)}</p>\n<dl class="cards">${cards(result).join('\n')}</dl></section>`
}

function alarms(document: SweepDocument): string {
  const { trials, best } = document
  const alarm = (text: string) => `<p class="alarm" role="alert">${text}</p>`
  return [
    costAlarm(document),
    best === null ? alarm('<strong>No trial has an objective:</strong> there is no best. Reasons stand below.') : '',
    trials.all > 0 && trials.failed / trials.all > 0.05
      ? alarm(
          `<strong>${plural(trials.failed, 'trial')} of ${count(trials.all)} failed.</strong> What is best among the others may not be best at all.`,
        )
      : '',
  ].join('')
}

function sentence(result: SweepResult): string {
  const { document } = result
  const { best, overfitting, trials, search, spread } = document
  const { label, form } = shapeOf(search.objective.name)
  const text = (value: number | null) => shapeText(form, value, document)
  const more =
    document.remarks.length === 0
      ? ''
      : `<a href="#remarks">${plural(document.remarks.length, 'thing')} to know before believing it</a>`
  if (best === null) return [`Of ${plural(trials.all, 'trial')} none can be judged.`, more].join(' ')
  const middle =
    spread === null
      ? ''
      : `; half of ${finishedText(result, 'all trials')} have ${text(spread.median)} or ${search.objective.goal === 'max' ? 'less' : 'more'}`
  const found = `The best of ${plural(trials.all, 'trial')} is <strong>${escapeHtml(paramsText(best.params))}</strong>, with <strong class="whole">${escapeHtml(label)} ${text(best.objective)}</strong>${middle}.`
  const verdict =
    overfitting === null
      ? heldOutSentence(document) || noReturns(document)
      : `<strong class="${{ good: 'good', bad: 'bad', unclear: 'mark' }[overfitting.tone]}">${escapeHtml(overfitting.verdict)}</strong>`
  return [found, verdict, more].filter((part) => part !== '').join(' ')
}

/** Why nothing is said of luck; HTML. */
export function noReturns({ subject }: SweepDocument): string {
  return subject === 'model'
    ? 'A model has no daily returns, so how much of this is luck cannot be reckoned: judge it by the bars that no trial saw, and by how far the best stands from the others.'
    : 'Too few to say how much of this is luck: no trial has daily returns that could be compared.'
}

function cards(result: SweepResult): string[] {
  const { document } = result
  const { best, spread, search, overfitting, trials } = document
  const { label, form, key } = shapeOf(search.objective.name)
  const text = (value: number | null) => shapeText(form, value, document)
  const first = card(
    `${escapeHtml(label)} of the best`,
    text(best?.objective ?? null),
    lines(
      best === null ? 'no trial has one' : `trial ${count(best.trial)} of ${count(trials.all)}`,
      spread === null ? '' : `median of ${finishedText(result, 'all')}: ${text(spread.median)}`,
      spread === null ? '' : `half between ${text(spread.q1)} and ${text(spread.q3)}`,
    ),
  )
  const ran = card(
    'Trials',
    count(trials.all),
    lines(
      `${count(trials.done)} done, ${count(trials.pruned)} given up, ${count(trials.failed)} failed`,
      trials.excluded === 0 ? '' : `${plural(trials.excluded, 'set')} left out`,
    ),
  )
  return overfitting === null
    ? [first, ...heldOutCard(document), plateauCard(document), ran]
    : [first, ...luckCards(overfitting, key === 'sharpe'), plateauCard(document), ...(key === 'sharpe' ? [ran] : [])]
}

function luckCards(one: Overfitting, isSharpe: boolean): string[] {
  const { notes, crossValidation: validation } = one
  const why = (key: string) => tooFew(notes[key])
  const beyond = one.sharpe !== null && one.expectedMaximum !== null && one.sharpe <= one.expectedMaximum
  return [
    ...(isSharpe
      ? []
      : [
          card(
            'Its Sharpe, a year',
            ratio(one.sharpe),
            one.sharpe === null ? why('sharpe') : `of ${plural(one.days, 'day')}`,
          ),
        ]),
    card(
      'Sharpe of the best by luck',
      ratio(one.expectedMaximum),
      one.expectedMaximum === null
        ? why('expectedMaximum')
        : lines(
            `best of ${plural(one.trials, 'trial')} without skill`,
            one.expectedMaximumEffective === null ? '' : `of the unlike ones ${ratio(one.expectedMaximumEffective)}`,
          ),
      beyond ? 'bad' : '',
    ),
    card(
      'Deflated Sharpe',
      chance(one.deflated),
      one.deflated === null
        ? why('deflated')
        : lines(
            'chance that it is more than luck',
            one.probabilistic === null ? '' : `as if alone ${chance(one.probabilistic)}`,
          ),
      one.deflated === null ? '' : one.deflated >= 0.95 ? 'good' : one.deflated < 0.5 ? 'bad' : '',
    ),
    card(
      'Unlike trials',
      one.effectiveTrials === null ? NONE : effectiveText(one.effectiveTrials),
      one.effectiveTrials === null ? why('effectiveTrials') : `of ${count(one.trials)}: the others move with them`,
    ),
    card(
      'Overfitting (PBO)',
      percent(validation?.probability, 1),
      validation === null
        ? why('crossValidation')
        : lines(
            'the best of one half is below the median in the other',
            `loses there: ${percent(validation.probabilityOfLoss, 1)}`,
          ),
      validation !== null && validation.probability >= 0.5 ? 'bad' : '',
    ),
    card(
      'Sharpe in the other half',
      ratio(validation?.meanOutOfSample),
      validation === null ? why('crossValidation') : `${ratio(validation.meanInSample)} where it was chosen`,
      validation !== null && validation.meanOutOfSample <= 0 ? 'bad' : '',
    ),
  ]
}
