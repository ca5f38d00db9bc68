import type { Attempt } from './attempt.ts'
import type { Terms } from './terms.ts'

/** One order of the engine, and how far the exchange is from what the engine wants of it. */
export interface Line {
  readonly symbol: string
  readonly order: string
  /** Wall clock and monotonic clock, ms, when the engine asked; 0: before this process. */
  askedAt: number
  askedTick: number
  /** Engine's time at which the order was accepted, UTC ms; `null`: not known. */
  acceptedAt: number | null
  isBusy: boolean
  isDirty: boolean
  /** It is to happen now, at the market, whatever it was: a stop that cannot stand any more. */
  mustExit: boolean
  /** Of a close: what it was for has gone, and what an entry before it opens since is what the next one is sent for. */
  isRenewed: boolean
  /** Of a stop: the exchange has refused it in one order list with its target. */
  isAlone: boolean
  /** Terms that the exchange refused to change it to. */
  refused: Terms | null
  /** Monotonic clock, ms, since when its stop has been asked for in vain; 0: it rests there, or nothing was asked for. */
  nakedSince: number
  /** Failures in a row, answers that were lost included. */
  failures: number
}

/** Whether it is for the order that has this id now: the id may have been another's before. */
export function isOf(line: Pick<Line, 'acceptedAt'>, { acceptedAt }: Pick<Attempt, 'acceptedAt'>): boolean {
  return acceptedAt === null || line.acceptedAt === null || acceptedAt === line.acceptedAt
}
