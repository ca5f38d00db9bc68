import { didYouMean } from '../../core/suggest.ts'
import { reasonOf } from '../reason.ts'

/** What a strategy must have shown before it may trade on an exchange's demo, in the order in which a person would ask. */
export const GATE = [
  'reproducible',
  'leak-free',
  'out-of-sample',
  'enough-trades',
  'cost-stress',
  'clean-data',
  'walk-forward',
  'deflated-sharpe',
  'paper-days',
  'paper-parity',
] as const
export type GateName = (typeof GATE)[number]

export interface Thresholds {
  /** Closed trades. */
  readonly trades: number
  /** Cost at which nothing is left ÷ cost that was paid. */
  readonly breakEven: number
  /** Share of bars that are missing, made or outliers. */
  readonly faultyBars: number
  /** Annual return of the tests ÷ that of the stretches they were chosen on. */
  readonly efficiency: number
  /** Share of test windows that made money. */
  readonly profitable: number
  /** Probability that the Sharpe ratio is real, given everything that was tried. */
  readonly deflated: number
  readonly paperDays: number
}

/**
 * Thirty trades are what a mean needs before the normal distribution says anything of it; 0.5 is Pardo's least walk-forward efficiency
 * (2008); 0.95 is the level of Bailey & López de Prado's deflated Sharpe ratio (2014). The others are house rules.
 */
export const THRESHOLDS: Thresholds = {
  trades: 30,
  breakEven: 2,
  faultyBars: 0.001,
  efficiency: 0.5,
  profitable: 0.5,
  deflated: 0.95,
  paperDays: 7,
}

/** One figure and what it must come to. What is not known (`null`) does not pass. */
export interface Measured {
  readonly figure: number | null
  readonly threshold: number
  /** `above` is strict: a result of 0 is none. */
  readonly must: 'at least' | 'at most' | 'above'
  readonly unit: 'share' | 'times' | 'count' | 'days'
  /** What the figure is, and where it comes from; where there is none, why. */
  readonly words: string
  /** Where there is none: the commands that would bring one, as they stand. */
  readonly commands?: readonly string[]
}

export interface ChecklistItem extends Measured {
  readonly name: GateName
  readonly title: string
  readonly commands: readonly string[]
  readonly passed: boolean
  /** Why a person lets it pass all the same. */
  readonly override: string | null
}

const TITLES: Readonly<Record<GateName, string>> = {
  reproducible: 'The run made again is the same to the last byte',
  'leak-free': 'No part of it sees the future',
  'out-of-sample': 'It made money on bars that nothing was chosen on',
  'enough-trades': 'Enough trades to say anything',
  'cost-stress': 'It survives dearer trading',
  'clean-data': 'The data are whole',
  'walk-forward': 'Walk-forward: what was chosen went on working',
  'deflated-sharpe': 'The Sharpe ratio is more than the best of so many trials',
  'paper-days': 'It has been on paper long enough',
  'paper-parity': 'On paper it did what the backtest says',
}

/**
 * Holds what was measured against the gate.
 * @param overrides by name, the reason for which a person lets it pass
 * @throws RangeError for a name that is no check, or a reason that says nothing
 */
export function judge(
  measured: Readonly<Record<GateName, Measured>>,
  overrides: Readonly<Record<string, string>>,
): readonly ChecklistItem[] {
  for (const [name, reason] of Object.entries(overrides)) {
    if (!(GATE as readonly string[]).includes(name))
      throw new RangeError(`--override ${name}: no such check${didYouMean(name, GATE)}; there are ${GATE.join(', ')}`)
    reasonOf(reason, `--override ${name}='traded on another desk since March'`, `--override ${name}: `)
  }
  return GATE.map((name) => {
    const one = measured[name]
    const passed = isMet(one)
    // a reason for what passes anyway would only look like one that was needed
    const override = passed ? null : (overrides[name]?.trim() ?? null)
    return { name, title: TITLES[name], ...one, commands: one.commands ?? [], passed, override }
  })
}

export function isOpen(items: readonly ChecklistItem[]): boolean {
  return items.every(({ passed, override }) => passed || override !== null)
}

function isMet({ figure, threshold, must }: Measured): boolean {
  if (figure === null || Number.isNaN(figure)) return false
  if (must === 'at most') return figure <= threshold
  return must === 'at least' ? figure >= threshold : figure > threshold
}
