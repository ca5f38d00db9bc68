import type { Bars, Gap } from '../../core/bar.ts'
import { closeTimeOf, type Interval } from '../../core/interval.ts'
import { type Series, seriesName } from '../../core/series.ts'
import { covariance, deviation, quantile } from '../../metrics/statistics.ts'
import type { LoadRange, Store } from '../store.ts'
import { liesIn } from './make-bars.ts'
import { joined } from './stretches.ts'

/** One of two series that are compared. */
export interface ComparedSide {
  readonly series: string
  /** Bars of the range that its venue stated. */
  readonly bars: number
  /** Bars of the range that were made: they say nothing of a market and are left out of everything else. */
  readonly made: number
  /** Bars that the other one does not have, and where. */
  readonly alone: number
  readonly stretches: readonly Gap[]
  /** Stretches within its own range without bars. */
  readonly gaps: { readonly count: number; readonly bars: number }
}

/** How a bar's closes differ: basis points of B against A. */
interface CloseDifference {
  readonly openTime: number
  readonly a: number
  readonly b: number
  readonly bps: number
}

export interface Comparison {
  readonly interval: Interval
  readonly a: ComparedSide
  readonly b: ComparedSide
  /** Bars that both have. */
  readonly both: number
  /** `null` where no bar is in both. Basis points; median and 95 % of what they are without their sign. */
  readonly closes: {
    readonly equal: number
    readonly bias: number
    readonly median: number
    readonly p95: number
    readonly largest: CloseDifference
  } | null
  /** Volume of B ÷ volume of A over bars that both have; `null` where A has none. */
  readonly volumeRatio: number | null
  /** Pearson's, of returns from close to close where both have both bars; `null` below three of them, and where one never moved. */
  readonly correlation: number | null
}

/**
 * Holds two stored series of one interval to each other, bar by bar.
 * @throws RangeError for two intervals; NotFoundError where one has no bars in the range
 */
export async function compareSeries(store: Store, a: Series, b: Series, range: LoadRange = {}): Promise<Comparison> {
  if (a.interval !== b.interval)
    throw new RangeError(
      `${seriesName(a)} and ${seriesName(b)} have different intervals; resample the finer one first: klinelab data resample SERIES --to INTERVAL`,
    )
  const { interval } = a
  const [left, right] = [await sideOf(store, a, range), await sideOf(store, b, range)]
  const pairs = paired(left, right)
  return {
    interval,
    a: told(left, pairs.onlyA, interval),
    b: told(right, pairs.onlyB, interval),
    both: pairs.rows.length,
    closes: closesOf(left.bars, right.bars, pairs.rows),
    volumeRatio: volumeRatio(left.bars, right.bars, pairs.rows),
    correlation: correlationOf(left.bars, right.bars, pairs.rows, interval),
  }
}

interface Side {
  readonly bars: Bars
  /** Rows that a venue stated. */
  readonly rows: readonly number[]
  readonly gaps: readonly Gap[]
}

async function sideOf(store: Store, series: Series, range: LoadRange): Promise<Side> {
  const bars = await store.load(series, range)
  const { gaps, made = [] } = (await store.manifest(series))!
  const isMade = liesIn(made)
  const rows: number[] = []
  for (let row = 0; row < bars.length; row++) if (!isMade(bars.openTime[row]!)) rows.push(row)
  const [first, last] = [bars.openTime[0]!, bars.openTime[bars.length - 1]!]
  return { bars, rows, gaps: gaps.filter(({ start }) => start >= first && start <= last) }
}

/** A row of each, both of one time. */
type Pair = readonly [a: number, b: number]

function paired(a: Side, b: Side): { rows: Pair[]; onlyA: number[]; onlyB: number[] } {
  const [rows, onlyA, onlyB]: [Pair[], number[], number[]] = [[], [], []]
  for (let i = 0, k = 0; i < a.rows.length || k < b.rows.length; ) {
    const [left, right] = [a.rows[i], b.rows[k]]
    const x = left === undefined ? Number.POSITIVE_INFINITY : a.bars.openTime[left]!
    const y = right === undefined ? Number.POSITIVE_INFINITY : b.bars.openTime[right]!
    if (x === y) rows.push([left!, right!])
    else if (x < y) onlyA.push(x)
    else onlyB.push(y)
    if (x <= y) i++
    if (y <= x) k++
  }
  return { rows, onlyA, onlyB }
}

function told({ bars, rows, gaps }: Side, alone: readonly number[], interval: Interval): ComparedSide {
  const spans = alone.map((start) => ({ start, end: closeTimeOf(start, interval) }))
  return {
    series: seriesName(bars.series),
    bars: rows.length,
    made: bars.length - rows.length,
    alone: alone.length,
    stretches: joined(spans, interval, () => true),
    gaps: { count: gaps.length, bars: gaps.reduce((sum, gap) => sum + gap.bars, 0) },
  }
}

function closesOf(a: Bars, b: Bars, rows: readonly Pair[]): Comparison['closes'] {
  if (rows.length === 0) return null
  const differences = rows.map(([i, k]) => (b.close[k]! / a.close[i]! - 1) * 10_000)
  const sizes = differences.map(Math.abs).sort((x, y) => x - y)
  const at = differences.findIndex((one) => Math.abs(one) === sizes.at(-1))
  const [i, k] = rows[at]!
  return {
    equal: rows.filter(([left, right]) => a.close[left] === b.close[right]).length,
    bias: quantile(
      [...differences].sort((x, y) => x - y),
      0.5,
    ),
    median: quantile(sizes, 0.5),
    p95: quantile(sizes, 0.95),
    largest: { openTime: a.openTime[i]!, a: a.close[i]!, b: b.close[k]!, bps: differences[at]! },
  }
}

function volumeRatio(a: Bars, b: Bars, rows: readonly Pair[]): number | null {
  let [left, right] = [0, 0]
  for (const [i, k] of rows) {
    left += a.volume[i]!
    right += b.volume[k]!
  }
  return left > 0 ? right / left : null
}

function correlationOf(a: Bars, b: Bars, rows: readonly Pair[], interval: Interval): number | null {
  const [left, right]: [number[], number[]] = [[], []]
  for (let k = 1; k < rows.length; k++) {
    const [[i, j], [m, n]] = [rows[k - 1]!, rows[k]!]
    if (closeTimeOf(a.openTime[i]!, interval) !== a.openTime[m]) continue
    left.push(a.close[m]! / a.close[i]! - 1)
    right.push(b.close[n]! / b.close[j]! - 1)
  }
  if (left.length < 3) return null
  const [x, y] = [deviation(left), deviation(right)]
  return x > 0 && y > 0 ? covariance(left, right) / (x * y) : null
}
