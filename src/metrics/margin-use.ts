import type { Highest } from '../core/findings.ts'
import { closeTimeOf, intervalMs } from '../core/interval.ts'
import type { MarginTerms } from '../core/leverage.ts'
import type { EquityColumns, MarginColumns } from '../core/run.ts'
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
  const columns = { net: column(), initial: column(), maintenance: column(), nearest: column() }
  for (const [slot, one] of traded.entries()) {
    const { bars, margin } = one
    const tiers = margin === null ? [] : compiled(margin)
    const closes = closesOf(bars, time)
    for (const [n, holding] of holdings[slot]!.entries())
      if (holding.qty !== 0) add(columns, one, tiers, holding, holdings[slot]![n + 1]?.from ?? length, closes)
  }
  const isIsolated = traded.some(({ margin }) => margin?.mode === 'isolated')
  for (const values of [columns.net, columns.initial, columns.maintenance])
    for (let k = 0; k < length; k++)
      // without a balance there is nothing to be a part of
      if (values[k] !== 0) values[k] = equity[k]! > 0 ? values[k]! / equity[k]! : Number.NaN
  const { net, initial, maintenance, nearest } = columns
  return { net, initial, maintenance: isIsolated ? nearest : maintenance }
}

/** Adds what one holding is, binds and needs at the closes of the instants [holding.from, to). */
function add(
  columns: Readonly<Record<'net' | 'initial' | 'maintenance' | 'nearest', Float64Array>>,
  { marks, margin }: Traded,
  tiers: ReturnType<typeof compiled>,
  { from, qty, cost, isolated }: Holding,
  to: number,
  closes: (instant: number) => number,
): void {
  const { net, initial, maintenance, nearest } = columns
  const isIsolated = margin?.mode === 'isolated'
  for (let k = from; k < to; k++) {
    const value = qty * marks[closes(k)]!
    net[k]! += value
    if (margin === null) continue
    const notional = Math.abs(value)
    const needed = maintenanceOf(tiers, notional)
    initial[k]! += isIsolated ? isolated : notional / margin.leverage
    maintenance[k]! += needed
    if (isIsolated) nearest[k] = Math.max(nearest[k]!, needed / Math.max(0, isolated + value - cost))
  }
}

/** Row of the last bar closed by an instant; to be asked of instants in their order. */
function closesOf({ openTime, length, series }: Traded['bars'], time: Float64Array): (instant: number) => number {
  const { interval } = series
  const step = interval === '1M' ? Number.NaN : intervalMs(interval)
  let row = -1
  return (instant) => {
    while (row + 1 < length) {
      const open = openTime[row + 1]!
      if ((interval === '1M' ? closeTimeOf(open, interval) : open + step) > time[instant]!) break
      row++
    }
    return row
  }
}

function compiled({ tiers }: MarginTerms) {
  return tiers.brackets.map(({ cap, ratio, cum }) => ({ cap: Number(cap), ratio: Number(ratio), cum: Number(cum) }))
}

/** Maintenance margin of a notional by its tier: notional × ratio − cum. */
function maintenanceOf(tiers: ReturnType<typeof compiled>, notional: number): number {
  let k = 0
  while (k < tiers.length - 1 && notional > tiers[k]!.cap) k++
  const { ratio, cum } = tiers[k]!
  return Math.max(0, notional * ratio - cum)
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
