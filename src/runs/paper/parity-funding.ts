import type { RunEvent } from '../../core/event.ts'
import { timeName } from '../../core/time.ts'
import type { FeedFunding } from './feed.ts'
import { exactly, type Item } from './parity-money.ts'

type Paid = Extract<RunEvent, { type: 'funding' }>

/** What an exchange says of a funding time comes some moments after it. */
const NEAR = 10 * 60_000
/** Of an amount: digits that an exchange leaves off are less than this. */
const ROUNDING = 1e-4

/** What was paid in funding on one side and not on the other, time by time: rates, marks, or what was held. */
export function comparePaid(paper: readonly RunEvent[], backtest: readonly RunEvent[]): Item[] {
  const paid = (events: readonly RunEvent[]) => events.filter((event): event is Paid => event.type === 'funding')
  const others = [...paid(backtest)]
  const pairs: [Paid | null, Paid | null][] = paid(paper).map((own) => {
    const k = others.findIndex(({ symbol, at }) => symbol === own.symbol && Math.abs(at - own.at) < NEAR)
    return [own, k < 0 ? null : others.splice(k, 1)[0]!]
  })
  pairs.push(...others.map((other): [null, Paid] => [null, other]))
  return pairs.flatMap(([own, other]): Item[] => {
    const exact = exactly(other?.paid ?? 0) - exactly(own?.paid ?? 0)
    if (exact === 0n) return []
    const { symbol, at } = (own ?? other)!
    const cause = own !== null && other !== null && isForeign(own, other) ? 'foreign' : 'funding'
    const text = own === null ? 'was not charged' : other === null ? 'is not known here' : otherText(own, other)
    return [
      {
        ...{ cause, symbol, at, exact, text: `funding of ${timeName((other ?? own)!.at)} ${text}` },
        ...{ paper: paidText(own), backtest: paidText(other) },
      },
    ]
  })
}

function otherText(own: Paid, other: Paid): string {
  if (own.rate !== other.rate) return 'was charged at another rate'
  if (own.qty !== other.qty) return 'was charged on another position'
  if (own.mark !== other.mark) return 'was charged at another mark price'
  return isForeign(own, other)
    ? 'was charged on a position that is not the session’s: changed by somebody else'
    : 'was rounded otherwise'
}

/** Rate, mark and what the session held are the same on both sides, and not the amount: the account held something else. */
function isForeign(own: Paid, other: Paid): boolean {
  if (own.rate !== other.rate || own.qty !== other.qty || own.mark !== other.mark) return false
  return Math.abs(own.paid - other.paid) > ROUNDING * Math.abs(other.paid)
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
