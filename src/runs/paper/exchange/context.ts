import type { Told } from '../../../core/told.ts'
import { type Alarm, brokerStands, haltStands } from '../alarm.ts'
import type { BrokerHost, BrokerNote } from '../paper-broker.ts'
import type { Attempt } from './attempt.ts'
import { type Attempts, endedNote } from './attempts.ts'
import type { Gate } from './gate.ts'
import type { KnownChanges } from './known-changes.ts'
import { isOf, type Line } from './line.ts'
import type { Market } from './market.ts'
import type { Teller } from './teller.ts'
import type { Timing } from './timing.ts'

/** What is found to be right again by whoever found it wrong, and is over then; but what has halted stands until trading is resumed. */
const LASTING: readonly string[] = [
  'settings-changed', 'rules-changed', 'stream-lost', 'stream-silent', 'not-compared', 'clock-offset', 'position', 'balance',
] // biome-ignore format: a list

/** What all parts of a broker work with. */
export class Context {
  readonly host: BrokerHost
  readonly market: Market
  readonly gate: Gate
  readonly attempts: Attempts
  readonly teller: Teller
  readonly known: KnownChanges
  readonly timing: Timing
  readonly signal: AbortSignal
  readonly #said = new Map<string, string>()
  /** Of what was said, what has halted since trading was resumed last. */
  readonly #halting = new Set<string>()
  /** Notes of cancels, on their way to the disk or there. */
  readonly #cancelling = new WeakMap<Attempt, Promise<void>>()
  #lastTime = 0

  constructor(
    parts: Pick<Context, 'host' | 'market' | 'gate' | 'attempts' | 'teller' | 'known' | 'timing' | 'signal'>,
  ) {
    this.host = parts.host
    this.market = parts.market
    this.gate = parts.gate
    this.attempts = parts.attempts
    this.teller = parts.teller
    this.known = parts.known
    this.timing = parts.timing
    this.signal = parts.signal
  }

  /** The command by which a person lets trading go on. */
  get resume(): string {
    return this.host.command('resume')
  }

  /** The time of something that the exchange gave none: its own clock may show a replay's, and runs with its events. */
  get time(): number {
    return Math.max(this.#lastTime, this.host.run.at)
  }

  sawTime(at: number): void {
    if (Number.isFinite(at)) this.#lastTime = Math.max(this.#lastTime, at)
  }

  /** Says something once, until it has something else to say of it. Says whether it was new. */
  alarm(
    kind: string,
    severity: Alarm['severity'],
    text: string,
    facts: Alarm['facts'] = {},
    isHalting = false,
  ): boolean {
    const about = aboutOf(kind, facts)
    if (this.#said.get(about) === text) return false
    this.#said.set(about, text)
    const stands = isHalting ? haltStands(about) : LASTING.includes(kind) ? brokerStands(about) : null
    this.host.alarm({ at: this.host.now(), kind, severity, text, facts, ...(stands !== null && { stands }) })
    return true
  }

  /** What was wrong is right again: should it come back, it is said again. */
  calm(kind: string, facts: Alarm['facts'] = {}): void {
    const about = aboutOf(kind, facts)
    if (this.#said.delete(about)) this.host.over(brokerStands(about))
  }

  /** A critical alarm, and nothing is opened any more until a person has looked. */
  async halt(kind: string, text: string, facts: Alarm['facts'] = {}): Promise<void> {
    if (!this.alarm(kind, 'critical', text, facts, true)) return
    this.#halting.add(aboutOf(kind, facts))
    await this.host.halt(text)
  }

  /** Trading goes on: what halted it and is still so halts it again, and says so. */
  resumed(): void {
    for (const about of this.#halting) {
      this.#said.delete(about)
      this.host.over(brokerStands(about))
    }
    this.#halting.clear()
  }

  /** The engine's own view of an order, while it lives. */
  viewOf(symbol: string, order: string) {
    return this.host.run.openOrders().find((view) => view.symbol === symbol && view.id === order)
  }

  /**
   * Tells that an order is no more, if the engine thinks that it is.
   * @param of what says so, and for which order: where its id is another's by then, nothing is told
   */
  async tellEnded(
    line: Pick<Line, 'symbol' | 'order' | 'acceptedAt'>,
    of: Pick<Attempt, 'acceptedAt'>,
    reason: EndReason,
    why: string,
  ): Promise<void> {
    const { symbol, order } = line
    const { acceptedAt } = of
    await this.teller.inTurn(async () => {
      if (this.viewOf(symbol, order) === undefined || !isOf(line, { acceptedAt })) return
      await this.host.tell({ kind: 'ended', symbol, order, reason, why, at: this.time })
    })
  }

  /** Something that helps after a restart and may be lost: nothing waits for it. */
  jot(attempt: Attempt, what: 'ended' | 'order'): void {
    const { clientId, orderId } = attempt
    void this.#noted(
      what === 'ended' ? endedNote(attempt) : { kind: 'broker' as const, note: 'order', clientId, orderId },
    )
  }

  /** On the disk before its end is asked for: whoever goes on after a kill does not take it for somebody else's doing. */
  async cancelling(all: readonly Attempt[]): Promise<void> {
    for (const one of all) {
      if (one.isCancelled) continue
      one.isCancelled = true
      // a cancel leaves all the same where it fails: without its note it is at worst taken for another's
      this.#cancelling.set(one, this.#noted({ kind: 'broker', note: 'cancelling', clientId: one.clientId }))
    }
    // of a list both lines may ask for the end: neither is ahead of the note
    await Promise.all(all.map((one) => this.#cancelling.get(one)))
  }

  #noted(note: BrokerNote): Promise<void> {
    return this.host.note(note).catch((error: unknown) => this.host.log('error', `note not written: ${String(error)}`))
  }
}

function aboutOf(kind: string, facts: Alarm['facts']): string {
  return `${kind} ${String(facts['symbol'] ?? '')} ${String(facts['order'] ?? '')}`
}

type EndReason = Extract<Told, { kind: 'ended' }>['reason']
