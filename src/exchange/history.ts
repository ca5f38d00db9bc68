import { Refused } from './error-codes.ts'
import type { Params } from './params.ts'

const DAY = 24 * 3_600_000
/** Longest stretch that one request may ask for. */
const LONGEST = 7 * DAY

export interface Window {
  readonly from: number
  readonly to: number
  /** Whether the newest are wanted, as neither a start nor an end was given. */
  readonly isNewest: boolean
  readonly limit: number
}

/** startTime, endTime and limit, as the lists of orders, trades and income have them. */
export function windowOf(params: Params, now: number, usual: number, most: number): Window {
  const [start, end] = [params.integer('startTime'), params.integer('endTime')]
  const asked = params.integer('limit') ?? usual
  if (asked < 1) throw new Refused(-1130, 'limit')
  if (start !== undefined && end !== undefined && (end - start > LONGEST || end < start)) throw new Refused(-1127)
  const from = start ?? (end ?? now) - LONGEST
  const to = end ?? (start === undefined ? Number.POSITIVE_INFINITY : start + LONGEST)
  return { from, to, isNewest: start === undefined, limit: Math.min(asked, most) }
}

/** @throws Refused where an id to begin at comes with times: it goes with none */
export function refuseTimesBeside(fromId: number | undefined, params: Params): void {
  const hasTimes = params.text('startTime') !== undefined || params.text('endTime') !== undefined
  if (fromId !== undefined && hasTimes) throw new Refused(-1128)
}

/** What lies in a window, oldest first: its first rows, or its last where the newest are wanted. */
export function within<T>(rows: readonly T[], timeOf: (row: T) => number, { from, to, isNewest, limit }: Window): T[] {
  const found = rows.filter((row) => timeOf(row) >= from && timeOf(row) <= to)
  return isNewest ? found.slice(-limit) : found.slice(0, limit)
}

/** Oldest first: from an id on where one is given, else what lies in a window. */
export function pageOf<T extends { readonly id: number }>(
  rows: readonly T[],
  timeOf: (row: T) => number,
  window: Window,
  from: number | undefined,
): T[] {
  return from === undefined ? within(rows, timeOf, window) : rows.filter(({ id }) => id >= from).slice(0, window.limit)
}

/** Orders that nobody can look up any more: unfilled ones that ended three days ago, and all after ninety. */
export function isForgotten(
  order: { readonly status: string; readonly executed: bigint; readonly updateTime: number },
  now: number,
): boolean {
  const age = now - order.updateTime
  if (order.status === 'NEW' || order.status === 'PARTIALLY_FILLED') return false
  return age > 90 * DAY || (age > 3 * DAY && order.executed === 0n && order.status !== 'FILLED')
}
