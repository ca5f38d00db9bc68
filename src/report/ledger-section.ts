import type { LedgerVerdict } from '../core/ledger.ts'
import type { CrossValidation, Overfitting } from '../core/search.ts'
import { chance, count, date, NONE, plural, rate, ratio } from './format.ts'
import { escapeHtml, section, tableHtml } from './html.ts'

/** What can be said of one trial alone. */
const ALONE: readonly string[] = ['probabilistic', 'minimumTrackRecord']
/** Names that a sentence lists. */
const LISTED = 4

/**
 * The section between two marks: it hangs on what else was tried, not on the run, and whoever compares two pages of one run
 * leaves out what is between them.
 * @param riskFree of the run: it is taken off its own Sharpe ratio, and off none of the ledger's
 */
export function ledgerBlock(verdict: LedgerVerdict | null, riskFree = 0): string {
  return `<!--ledger-->${verdict === null ? '' : ledgerSection(verdict, riskFree)}<!--/ledger-->`
}

/** What was tried besides, and what the Sharpe ratio is worth after it. */
export function ledgerSection(verdict: LedgerVerdict, riskFree = 0): string {
  const { overfitting, unreadable } = verdict
  const damaged =
    unreadable === 0
      ? ''
      : `<p class="off">${plural(unreadable, 'line')} of the ledger could not be read and ${unreadable === 1 ? 'is' : 'are'} not counted: there were more trials than are told here.</p>`
  return section(
    'tried',
    'What was tried',
    `<p>${triedSentence(verdict)} ${overfitting === null ? 'This one has no daily returns, so nothing can be said of its luck.' : `<strong>${escapeHtml(overfitting.verdict)}</strong>`}</p>`,
    overfitting === null ? '' : worthTable(overfitting, verdict.compared, riskFree),
    overfitting === null ? '' : reasons(overfitting),
    damaged,
  )
}

function triedSentence({ trials, byName, first, last, view }: LedgerVerdict): string {
  const names = byName.slice(0, LISTED).map(({ name, trials: n }) => `${escapeHtml(name)} ${count(n)}`)
  const more = byName.length > LISTED ? ` and ${plural(byName.length - LISTED, 'other')}` : ''
  const days = first === null || last === null ? '' : daysText(first, last)
  const narrowed = [view.name, view.series].filter((text) => text !== null)
  const only =
    narrowed.length === 0
      ? ''
      : ` Only trials of ${narrowed.map((text) => escapeHtml(text)).join(', ')} are counted here; more were made.`
  const what = trials === 1 ? 'It is the only trial' : `It is one of ${plural(trials, 'different trial')}`
  return `${what} in the project’s ledger${days}${trials === 1 ? '' : `: ${names.join(', ')}${more}`}.${only}`
}

function daysText(first: number, last: number): string {
  const [from, to] = [date(first).slice(0, 10), date(last).slice(0, 10)]
  return from === to ? `, of ${from}` : `, from ${from} to ${to}`
}

/** Why figures are missing, each reason once. */
function reasons({ notes, trials }: Overfitting): string {
  const shown = Object.entries(notes).filter(([key]) => trials > 1 || ALONE.includes(key))
  const said = [...new Set(shown.map(([, note]) => note))]
  return said.length === 0 ? '' : `<p class="words">${NONE}\u2002${escapeHtml(said.join('; '))}.</p>`
}

/** Its Sharpe ratio as if alone, and beside what luck would have shown. */
function worthTable(one: Overfitting, compared: number, riskFree: number): string {
  const whole = riskFree === 0 ? '' : `, the risk-free ${rate(riskFree)} not taken off`
  const { crossValidation: validation } = one
  const cell = (key: keyof Overfitting, text: string) => (one[key] === null ? NONE : text)
  const needed = (key: 'minimumTrackRecord' | 'minimumTrackRecordDeflated') =>
    cell(key, plural(Math.ceil(one[key] ?? 0), 'day'))
  if (one.trials === 1)
    return tableHtml(
      `Sharpe ${ratio(one.sharpe)} over ${plural(one.days, 'day')}${whole}`,
      [{ title: 'Figure' }, { title: 'as if alone', kind: 'number' }],
      [
        ['Chance that its true Sharpe is above 0', cell('probabilistic', chance(one.probabilistic))],
        ['Days needed to be sure', needed('minimumTrackRecord')],
      ],
    )
  const overfitted = validation === null ? NONE : chance(validation.probability)
  return tableHtml(
    `Sharpe ${ratio(one.sharpe)} over ${plural(one.days, 'day')}${whole}, before and after all trials are counted`,
    [
      { title: 'Figure' },
      { title: 'as if alone', kind: 'number' },
      { title: `all ${count(one.trials)} counted`, kind: 'number' },
      { title: 'unlike ones counted', kind: 'number' },
    ],
    [
      ['Trials', '1', count(one.trials), cell('effectiveTrials', count(Math.round(one.effectiveTrials ?? 0)))],
      [
        'Sharpe of the best of them without skill',
        '0.00',
        cell('expectedMaximum', ratio(one.expectedMaximum)),
        cell('expectedMaximumEffective', ratio(one.expectedMaximumEffective)),
      ],
      [
        'Chance that its true Sharpe is above 0',
        cell('probabilistic', chance(one.probabilistic)),
        cell('deflated', chance(one.deflated)),
        cell('deflatedEffective', chance(one.deflatedEffective)),
      ],
      ['Days needed to be sure', needed('minimumTrackRecord'), needed('minimumTrackRecordDeflated'), ''],
      [`Chance of overfitting, ${comparedText(compared, validation)}`, '', overfitted, ''],
    ],
  )
}

/** Trials that halves of the days were compared of; of those that did exactly the same one. @param shown how a page or a terminal writes a number */
export function comparedText(
  compared: number,
  validation: CrossValidation | null,
  shown: (value: number) => string = count,
): string {
  const alike = validation === null ? 0 : compared - validation.trials
  const trials = `${shown(compared)} ${compared === 1 ? 'trial' : 'trials'}`
  return `${trials} over the same days${alike === 0 ? '' : `, ${shown(compared - alike)} of them different`}`
}
