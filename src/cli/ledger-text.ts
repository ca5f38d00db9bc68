import type { LedgerVerdict } from '../core/ledger.ts'
import type { Overfitting } from '../core/search.ts'
import { comparedText } from '../report/ledger-section.ts'
import { count, percent, plural, ratio } from './text.ts'

/**
 * Of a run that was just made: what it was one of, and what that leaves of its Sharpe ratio.
 * @param riskFree of the run: it is taken off its own Sharpe ratio, and off none of the ledger's
 */
export function triedText({ trials, overfitting }: LedgerVerdict, riskFree: number): string {
  const what =
    trials === 1 ? 'the only trial in the ledger' : `one of ${plural(trials, 'different trial')} in the ledger`
  return [
    `  ${'Tried'.padEnd(13)} ${what}`,
    ...(overfitting === null ? [] : [`  ${''.padEnd(13)} ${overfitting.verdict}`]),
    ...(overfitting === null || riskFree === 0
      ? []
      : [`  ${''.padEnd(13)} Sharpe ratios are compared without --risk-free ${riskFree} taken off.`]),
  ].join('\n')
}

/** That the demo's own runs count too. */
export function demoTriedText(verdict: LedgerVerdict | null, file: string): string {
  if (verdict === null) return ''
  return `The demo's runs are counted as trials (verb demo) in ${file}, ${plural(verdict.trials, 'different trial')} by now; delete that file to begin anew.\n`
}

/** What a trial's Sharpe ratio is worth after the others: figures by label, the reason where there is none. */
export function worthFacts(one: Overfitting, compared: number): [string, string][] {
  const fact = (key: keyof Overfitting, text: (value: number) => string) => {
    const value = one[key] as number | null
    return value === null ? `– (${one.notes[key] ?? 'too few to say'})` : text(value)
  }
  const days = (value: number) => plural(Math.ceil(value), 'day')
  const { crossValidation: validation } = one
  const pair = (key: keyof Overfitting, effective: keyof Overfitting, text: (value: number) => string) => {
    const first = fact(key, text)
    return one[key] === null ? first : `${first}; of the effective number ${fact(effective, text)}`
  }
  return [
    ['trials', `${count(one.trials)}; effective number ${fact('effectiveTrials', (n) => count(Math.round(n)))}`],
    ['Sharpe', `${fact('sharpe', ratio)} over ${plural(one.days, 'day')}`],
    ['expected maximum of luck', pair('expectedMaximum', 'expectedMaximumEffective', ratio)],
    ['probabilistic Sharpe ratio', fact('probabilistic', percent)],
    ['deflated Sharpe ratio', pair('deflated', 'deflatedEffective', percent)],
    ['days needed, as if alone', fact('minimumTrackRecord', days)],
    ['days needed, all counted', fact('minimumTrackRecordDeflated', days)],
    [
      'probability of overfitting',
      validation === null
        ? `– (${one.notes['crossValidation'] ?? 'too few to say'})`
        : `${percent(validation.probability)} of ${plural(validation.splits, 'split')}, ${comparedText(compared, validation, count)}`,
    ],
  ]
}
