import type { RunEvent } from '../../core/event.ts'
import { timeName } from '../../core/time.ts'
import type { FeedFunding } from './feed.ts'
import { exactly, type Item } from './parity-money.ts'

type Paid = Extract<RunEvent, { type: 'funding' }>

/** What an exchange says of a funding time comes some moments after it. */
const NEAR = 10 * 60_000
/** It is charged by what was held at the full hour, and told with the time at which that was done. */
const DUE = 60_000
const FOREIGN = 'was charged on a position that is not the session’s: changed by somebody else'
/** Of an amount: digits that an exchange leaves off are less than this. */
const ROUNDING = 1e-4

/** What was paid in funding on one side and not on the other, time by time: rates, marks, or what was held. */
export function comparePaid(paper: readonly RunEvent[], backtest: readonly RunEvent[]): Item[] {
  const paid = (events: readonly RunEvent[]) => events.filter((event): event is Paid => event.type === 'funding')
  const isOfOthers = (own: Paid) => own.qty === 0 && !hasHeld(paper, own)
  const others = [...paid(backtest)]
  const pairs: [Paid | null, Paid | null][] = paid(paper).map((own) => {
    // of the account's position none was the session's: what the backtest paid then is a difference of its own
    if (isOfOthers(own)) return [own, null]
    const k = others.findIndex(({ symbol, at }) => symbol === own.symbol && Math.abs(at - own.at) < NEAR)
    return [own, k < 0 ? null : others.splice(k, 1)[0]!]
  })
  pairs.push(...others.map((other): [null, Paid] => [null, other]))
  return pairs.flatMap(([own, other]): Item[] => {
    const exact = exactly(other?.paid ?? 0) - exactly(own?.paid ?? 0)
    if (exact === 0n) return []
    const { symbol, at } = (own ?? other)!
    const isForeign = own !== null && (other === null ? isOfOthers(own) : isOfMore(own, other))
    const cause = isForeign ? 'foreign' : 'funding'
    const text = own === null ? 'was not charged' : isForeign ? FOREIGN : otherText(own, other)
    return [
      {
        ...{ cause, symbol, at, exact, text: `funding of ${timeName((other ?? own)!.at)} ${text}` },
        ...{ paper: paidText(own), backtest: paidText(other) },
      },
    ]
  })
}

function otherText(own: Paid, other: Paid | null): string {
  if (other === null) return 'was charged on a position that the backtest did not hold'
  if (own.rate !== other.rate) return 'was charged at another rate'
  if (own.qty !== other.qty) return 'was charged on another position'
  return own.mark !== other.mark ? 'was charged at another mark price' : 'was rounded otherwise'
}

/** Rate, mark and what the session held are the same on both sides, and not the amount: the account held something else. */
function isOfMore(own: Paid, other: Paid): boolean {
  if (own.rate !== other.rate || own.qty !== other.qty || own.mark !== other.mark) return false
  return Math.abs(own.paid - other.paid) > ROUNDING * Math.abs(other.paid)
}

/** Whether the session held something when it fell due: a position that has been closed since may be told of before its funding. */
function hasHeld(events: readonly RunEvent[], { symbol, at }: Paid): boolean {
  let held = 0
  for (const event of events) {
    if (event.type !== 'fill' || event.fill.symbol !== symbol || event.fill.time > at) continue
    const { side, qty, time } = event.fill
    if (time > at - DUE) return true
    held += side === 'buy' ? qty : -qty
  }
  return Math.abs(held) > 1e-12
}

function paidText(one: Paid | null): string {
  return one === null ? 'nothing' : `paid ${one.paid}: ${one.rate} of ${one.qty} at ${one.mark}`
}

/** A rate that is otherwise now than the session was told. */
export interface RateDifference {
  readonly slot: number
  readonly at: number
  readonly own: FeedFunding | null
  readonly present: FeedFunding
  readonly text: string
}

/** Rates of a session whose orders met bars, against those that are known: told otherwise, or not at all. */
export function compareRates(
  own: readonly (readonly FeedFunding[] | null)[],
  all: readonly (readonly FeedFunding[] | null)[],
): RateDifference[] {
  return all
    .flatMap((rates, slot) =>
      (rates ?? []).flatMap((present): RateDifference[] => {
        const had = own[slot]?.find(({ time }) => time === present.time) ?? null
        if (had !== null && had.rate === present.rate && had.mark === present.mark) return []
        const name = `the funding of ${timeName(present.time)}`
        const text = had === null ? `${name} was not told` : `${name} was told otherwise`
        return [{ slot, at: present.time, own: had, present, text }]
      }),
    )
    .sort((a, b) => a.at - b.at)
}

export function rateText(one: FeedFunding | null): string {
  if (one === null) return 'nothing'
  return one.mark === null ? String(one.rate) : `${one.rate} at ${one.mark}`
}
