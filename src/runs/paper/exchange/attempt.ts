import type { Terms } from './terms.ts'

/**
 * `sending`: noted, and its request may be on its way. `unsure`: asked, and nobody has said what came of it. `live`: it rests there.
 * `ended`: it is there no more. `absent`: it has never been there and cannot come any more.
 */
type AttemptState = 'sending' | 'unsure' | 'live' | 'ended' | 'absent'

/** One order on the exchange for an engine's order, which may need several: replaced stops, what got lost, an exit in its place. */
export interface Attempt {
  readonly symbol: string
  readonly order: string
  readonly number: number
  readonly clientId: string
  readonly isExit: boolean
  /** Client id of the order list that it was placed in; `null`: it stands for itself. */
  readonly list: string | null
  /** Engine's time, UTC ms, at which the order was accepted that it is for: an id may be another order's later. `null`: not noted. */
  readonly acceptedAt: number | null
  /** As sent, amendments included. */
  terms: Terms
  state: AttemptState
  /** Exchange's clock, ms: later than this plus the window it is refused. */
  sentAt: number
  /** Of a plain order; of an algo order that of the order which it became. Empty before it is known. */
  orderId: string
  /** Units filled, as told to the engine. */
  filled: bigint
  /** Fills that the engine is being told of: until it has them, what it wants cannot be compared with what rests there. */
  telling: number
  /** Of an ended one: the exchange's status, its own words, and what it says was filled. */
  status: string
  why: string
  executed: string
  hasTriggered: boolean
  /** Whether the user stream has told of it. */
  isSeen: boolean
  /** Whether we asked for its end. */
  isCancelled: boolean
  /** Whether what follows from its end has been done. */
  isDealtWith: boolean
  /** Exchange's time at which it was found to be over and asked for by nobody, UTC ms. */
  overAt: number | null
}

export function newAttempt(
  of: Pick<Attempt, 'symbol' | 'order' | 'number' | 'clientId' | 'isExit' | 'terms' | 'state' | 'sentAt'> &
    Partial<Pick<Attempt, 'list' | 'acceptedAt'>>,
): Attempt {
  return {
    list: null,
    acceptedAt: null,
    ...of,
    orderId: '',
    filled: 0n,
    telling: 0,
    status: '',
    why: '',
    executed: '0',
    hasTriggered: false,
    isSeen: false,
    isCancelled: false,
    isDealtWith: false,
    overAt: null,
  }
}

/** Whether nobody has said yet what came of it. */
export function isUnknown({ state }: Attempt): boolean {
  return state === 'unsure' || state === 'sending'
}

/** Whether it is surely not on the exchange, and cannot come there. */
export function isOver({ state }: Attempt): boolean {
  return state === 'ended' || state === 'absent'
}

/** Whether it rests on the book of plain orders: an algo order does once it has triggered. */
export function isOnBook(attempt: Attempt): boolean {
  return attempt.terms.route === 'order' || attempt.orderId !== ''
}

/** How the exchange is told which plain order is meant: by its own id where that is known. */
export function plainName({
  orderId,
  clientId,
}: Pick<Attempt, 'orderId' | 'clientId'>): Readonly<Record<string, string>> {
  return orderId ? { orderId } : { origClientOrderId: clientId }
}

/** What an exchange says of an order, wherever it says it: in a reply, in an event, in a list. */
export interface Word {
  readonly status: string
  readonly executed: string
  /** Empty where it is not said. */
  readonly orderId: string
  readonly why: string
}

const ENDS = ['FILLED', 'CANCELED', 'EXPIRED', 'EXPIRED_IN_MATCH', 'REJECTED']

/** Takes a word on a plain order, or on what an algo order became. */
export function learnOfOrder(attempt: Attempt, word: Word): void {
  if (attempt.state === 'ended') return
  if (word.orderId !== '') attempt.orderId = word.orderId
  if (ENDS.includes(word.status)) end(attempt, word)
  else attempt.state = 'live'
}

/** Takes a word on an algo order. What has triggered lives on as an order, and ends as one. */
export function learnOfAlgo(attempt: Attempt, word: Word): void {
  if (attempt.state === 'ended') return
  if (word.status === 'CANCELED' || word.status === 'EXPIRED' || word.status === 'REJECTED') return end(attempt, word)
  if (word.orderId !== '' && word.orderId !== '0') attempt.orderId = word.orderId
  if (word.status !== 'NEW') attempt.hasTriggered = true
  attempt.state = 'live'
}

function end(attempt: Attempt, { status, executed, why }: Word): void {
  attempt.state = 'ended'
  attempt.status = status
  attempt.executed = executed
  attempt.why = why
}

/** A market order cannot be taken back. */
export function isCancellable({ terms: { type, price }, hasTriggered }: Attempt): boolean {
  return type !== 'MARKET' && !(hasTriggered && price === null)
}
