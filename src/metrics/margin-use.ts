import { closeTimeOf } from '../core/interval.ts'
import type { MarginTerms } from '../core/leverage.ts'
import type { EquityColumns, Highest, MarginColumns } from '../core/run.ts'
import type { Holding, Traded } from './holdings.ts'

/**
 * Net exposure and the use of margin at the closes of every instant, as fractions of the margin balance. With cross margin
 * the balance is the account's equity; an isolated position has its own, and the one nearest to its liquidation counts.
 */
export function marginColumns(
  traded: readonly Traded[],
  holdings: readonly (readonly Holding[])[],
  { time, equity, length }: EquityColumns,
): MarginColumns {
  const column = () => new Float64Array(length)
  const [net, initial, maintenance, worst] = [column(), column(), column(), column()]
  traded.forEach(({ bars, marks, margin }, slot) => {
    const { interval } = bars.series
    const tiers = margin === null ? [] : compiled(margin)
    let row = -1
    for (const [n, { from, qty, cost, isolated }] of holdings[slot]!.entries()) {
      if (qty === 0) continue
      const to = holdings[slot]![n + 1]?.from ?? length
      for (let k = from; k < to; k++) {
        while (row + 1 < bars.length && closeTimeOf(bars.openTime[row + 1]!, interval) <= time[k]!) row++
        const value = qty * marks[row]!
        net[k]! += value
        if (margin === null) continue
        const notional = Math.abs(value)
        const needed = maintenanceOf(tiers, notional)
        initial[k]! += margin.mode === 'isolated' ? isolated : notional / margin.leverage
        maintenance[k]! += needed
        if (margin.mode === 'isolated') worst[k] = Math.max(worst[k]!, needed / Math.max(0, isolated + value - cost))
      }
    }
  })
  const isIsolated = traded.some(({ margin }) => margin?.mode === 'isolated')
  const ofEquity = (values: Float64Array) =>
    // without a balance there is nothing to be a part of
    values.map((value, k) => (value === 0 ? 0 : equity[k]! > 0 ? value / equity[k]! : Number.NaN))
  return { net: ofEquity(net), initial: ofEquity(initial), maintenance: isIsolated ? worst : ofEquity(maintenance) }
}

function compiled({ tiers }: MarginTerms) {
  return tiers.brackets.map(({ cap, ratio, cum }) => ({ cap: Number(cap), ratio: Number(ratio), cum: Number(cum) }))
}

/** Maintenance margin of a notional by its tier: notional × ratio − cum. */
function maintenanceOf(tiers: ReturnType<typeof compiled>, notional: number): number {
  const tier = tiers.find(({ cap }) => notional <= cap) ?? tiers[tiers.length - 1]!
  return Math.max(0, notional * tier.ratio - tier.cum)
}

/** The highest value of a column and when it was; values that do not exist are passed over. */
export function highestOf(values: Float64Array, time: Float64Array): Highest | null {
  let most = 0
  let row = -1
  for (let k = 0; k < values.length; k++) {
    if (!(values[k]! > most) || !Number.isFinite(values[k]!)) continue
    most = values[k]!
    row = k
  }
  return row < 0 ? null : { value: most, at: time[row]! }
}
