import type { Told } from '../../../core/told.ts'
import type { BrokerNote } from '../paper-broker.ts'
import { type Attempt, isOver, newAttempt } from './attempt.ts'
import { unitsOf } from './exact.ts'
import type { Terms } from './terms.ts'

/** Most orders taken for gone that are asked for: each is a request. */
const ASKED = 20

/** What an exchange tells, it tells within so many ms: trades of an order, and its end once more. Its lists look back as far. */
export const LOOK_BACK = 7 * 86_400_000

type ToldFill = Extract<Told, { kind: 'fill' }>

/** Every order that this session has sent, or is about to: out of its notes after a restart. */
export class Attempts {
  readonly #byClientId = new Map<string, Attempt>()
  readonly #byLine = new Map<string, Attempt[]>()
  readonly #byOrderId = new Map<string, Attempt>()
  readonly #traded = new Map<string, bigint>()
  /** Highest number of those that were let go: whatever comes after them is above it, so that no client id comes twice. */
  #highest = 0

  get size(): number {
    return this.#byClientId.size
  }

  get hasLetGo(): boolean {
    return this.#highest > 0
  }

  /** Coins that the session has bought less those that it has sold, fees that were taken in coins included: as the exchange has told. */
  tradedOf(symbol: string): bigint {
    return this.#traded.get(symbol) ?? 0n
  }

  /** A fill that the engine has been told of, or will be. @param feeCoins coins that its fee has taken beside what the engine is told */
  count(
    { symbol, terms }: Attempt,
    { qty, fee, feeAsset }: Pick<ToldFill, 'qty' | 'fee' | 'feeAsset'>,
    feeCoins = '0',
  ): void {
    const coins = terms.side === 'BUY' ? unitsOf(qty) : -unitsOf(qty)
    const taken = feeAsset === 'base' ? fee : feeCoins
    this.#traded.set(symbol, this.tradedOf(symbol) + coins - unitsOf(taken))
  }

  add(attempt: Attempt): void {
    this.#byClientId.set(attempt.clientId, attempt)
    const line = keyOf(attempt.symbol, attempt.order)
    const known = this.#byLine.get(line)
    if (known === undefined) this.#byLine.set(line, [attempt])
    else known.push(attempt)
  }

  /** Those of one engine's order, in the order in which they were made. */
  of(symbol: string, order: string): readonly Attempt[] {
    return this.#byLine.get(keyOf(symbol, order)) ?? []
  }

  nextNumber(symbol: string, order: string): number {
    return Math.max(this.of(symbol, order).at(-1)?.number ?? 0, this.#highest) + 1
  }

  /**
   * Lets go what has been over for long, and is asked for by nobody: a session goes on for months.
   * @param now exchange's time, UTC ms
   * @param isAsked whether it may still be asked for, such as by an order that lives
   */
  letGo(now: number, isAsked: (attempt: Attempt) => boolean): Attempt[] {
    const gone: Attempt[] = []
    const triggering = new Map<string, ReadonlySet<Attempt>>()
    for (const attempt of this.#byClientId.values()) {
      const { symbol, state, isDealtWith, telling, number } = attempt
      if (!(state === 'absent' || (state === 'ended' && isDealtWith)) || telling > 0 || isAsked(attempt)) continue
      attempt.overAt ??= now
      if (now - attempt.overAt < LOOK_BACK) continue
      // what is taken for gone may have triggered all the same
      if (!triggering.has(symbol)) triggering.set(symbol, new Set(this.untriggered(symbol)))
      if (triggering.get(symbol)!.has(attempt)) continue
      this.#drop(attempt)
      this.#highest = Math.max(this.#highest, number)
      gone.push(attempt)
    }
    return gone
  }

  #drop(attempt: Attempt): void {
    const { symbol, order, clientId, orderId } = attempt
    this.#byClientId.delete(clientId)
    if (orderId !== '') this.#byOrderId.delete(keyOf(symbol, orderId))
    const line = keyOf(symbol, order)
    const left = this.of(symbol, order).filter((one) => one !== attempt)
    if (left.length > 0) this.#byLine.set(line, left)
    else this.#byLine.delete(line)
  }

  byClientId(clientId: string): Attempt | undefined {
    return this.#byClientId.get(clientId)
  }

  byOrderId(symbol: string, orderId: string): Attempt | undefined {
    return this.#byOrderId.get(keyOf(symbol, orderId))
  }

  /** An exchange's id of an attempt is known now, so that what names only that is understood. */
  index(attempt: Attempt): boolean {
    if (attempt.orderId === '') return false
    const key = keyOf(attempt.symbol, attempt.orderId)
    if (this.#byOrderId.has(key)) return false
    this.#byOrderId.set(key, attempt)
    return true
  }

  /** All of an order list that may still be on the exchange; the attempt itself where it is in none. */
  together(attempt: Attempt): Attempt[] {
    if (attempt.list === null) return [attempt]
    return this.inList(attempt).filter((one) => !isOver(one))
  }

  /** All of an order list, whatever became of them. */
  inList({ symbol, list: its }: Attempt): Attempt[] {
    return [...this.#byClientId.values()].filter(({ list, symbol: of }) => list === its && of === symbol)
  }

  /** Those that may still be on the exchange. */
  unfinished(): Attempt[] {
    return [...this.#byClientId.values()].filter((one) => !isOver(one))
  }

  /**
   * Conditional orders of a symbol that may have become an order which names none of them: what is open, and the last of those that
   * are taken for gone, which may have triggered all the same.
   */
  untriggered(symbol: string): Attempt[] {
    const all = [...this.#byClientId.values()].filter(
      (one) => one.symbol === symbol && one.terms.route === 'algo' && one.orderId === '' && one.status !== 'CANCELED',
    )
    return [...all.filter((one) => !isOver(one)), ...all.filter(isOver).slice(-ASKED).reverse()]
  }

  /** What the notes say: an attempt that has not been noted as ended may be anywhere, and has to be asked for. */
  restore(notes: readonly BrokerNote[]): void {
    for (const note of notes) {
      if (note.note === 'sending') {
        const {
          symbol,
          order,
          clientId,
          attempt: number,
          isExit,
          list = null,
          acceptedAt = null,
          terms,
          at,
        } = note as unknown as SendingNote
        const placed = { symbol, order, number, clientId, isExit, list, acceptedAt, terms }
        this.add(newAttempt({ ...placed, state: 'unsure', sentAt: at }))
        continue
      }
      const attempt = this.#byClientId.get(String(note['clientId']))
      if (attempt === undefined) continue
      if (note.note === 'cancelling') attempt.isCancelled = true
      if (note.note === 'order') {
        attempt.orderId = String(note['orderId'])
        this.index(attempt)
      }
      if (note.note === 'told' && note['filled'] !== undefined) {
        attempt.filled += unitsOf(String(note['filled']))
        this.count(attempt, note['told'] as ToldFill, note['feeCoins'] as string | undefined)
      }
      if (note.note === 'ended') {
        attempt.state = note['isAbsent'] === true ? 'absent' : 'ended'
        attempt.status = String(note['status'] ?? '')
        attempt.isDealtWith = true
      }
    }
  }
}

/** On the disk before its request leaves. */
interface SendingNote {
  readonly symbol: string
  readonly order: string
  readonly clientId: string
  readonly attempt: number
  readonly isExit: boolean
  readonly list?: string
  readonly acceptedAt?: number
  readonly terms: Terms
  /** Exchange's clock, ms. */
  readonly at: number
}

export function sendingNote(attempt: Attempt, at: number): BrokerNote {
  const { symbol, order, clientId, number, isExit, list, acceptedAt, terms } = attempt
  const of = { ...(list !== null && { list }), ...(acceptedAt !== null && { acceptedAt }) }
  const placed = { symbol, order, clientId, attempt: number, isExit, ...of, terms, at }
  return { kind: 'broker', note: 'sending', ...placed }
}

export function endedNote({ clientId, state, status }: Attempt): BrokerNote {
  return { kind: 'broker', note: 'ended', clientId, ...(state === 'absent' ? { isAbsent: true } : { status }) }
}

/** Ids are a symbol's own, the engine's and the exchange's. */
function keyOf(symbol: string, id: string): string {
  return `${symbol} ${id}`
}
