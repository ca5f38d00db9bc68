import { createHash } from 'node:crypto'
import type { RunEvent } from '../../../core/event.ts'
import { UsageError } from '../../usage-error.ts'
import type { BrokerHost, PaperBroker } from '../paper-broker.ts'
import type { Attempt } from './attempt.ts'
import { type BrokerParts, brokerParts } from './broker-parts.ts'
import { cancelOf } from './cancelling.ts'
import type { Context } from './context.ts'
import { type Destination, placeOf } from './destination.ts'
import type { Keys } from './keys.ts'
import { letGoOfOld } from './let-go.ts'
import type { Market } from './market.ts'
import { pause } from './pause.ts'
import { TIMING, type Timing } from './timing.ts'
import { USDM } from './usdm-market.ts'

export interface ExchangeBrokerOptions {
  /** Built in: USDS-M. */
  readonly market?: Market
  readonly destination: Destination
  readonly keys: Keys
  readonly timing?: Partial<Timing>
}

/** Sends a session's orders to a Binance, USDS-M or spot: the simulated exchange, or Demo Trading. Never to production (`Destination`). */
export class ExchangeBroker implements PaperBroker {
  readonly fills = 'told'
  /** Tells accounts apart and says nothing of their keys. */
  readonly account: string
  readonly #options: ExchangeBrokerOptions
  readonly #stop = new AbortController()
  /** The time is over that a session which is stopped has for its orders to come to rest. */
  readonly #over = new AbortController()
  #overTimer: NodeJS.Timeout | undefined
  #parts: BrokerParts | null = null
  readonly #stopped = new Promise<void>((resolve) => {
    for (const { signal } of [this.#stop, this.#over]) signal.addEventListener('abort', () => resolve())
  })

  constructor(options: ExchangeBrokerOptions) {
    this.#options = options
    const { destination, keys } = options
    const mark = createHash('sha256')
      .update(`${placeOf(destination)} ${keys.key}`)
      .digest('hex')
    this.account = `${destination.kind}-${mark.slice(0, 12)}`
  }

  async open(host: BrokerHost): Promise<void> {
    const { venue, name } = this.#market
    const other = host.symbols.find(({ instrument }) => instrument.venue !== venue)
    if (other !== undefined)
      throw new UsageError(
        `${other.symbol} is of ${other.instrument.venue}: the orders of this session leave for ${name}, so --data names series of ${venue}`,
      )
    const { destination, keys } = this.#options
    const parts = brokerParts({
      ...{ host, market: this.#market, destination, keys, timing: { ...TIMING, ...this.#options.timing } },
      ...{ signal: this.#stop.signal, over: this.#over.signal, onFailed: (error) => this.#failed(host, error) },
    })
    this.#parts = parts
    host.signal.addEventListener('abort', () => this.#hurry())
    if (host.signal.aborted) this.#hurry()
    const { context, stream, settings, reconciliation } = parts
    if (!(await context.gate.setClock())) throw new Error(`${destination.rest} does not answer: is it running?`)
    context.attempts.restore(host.notes)
    context.known.restore(host.notes)
    await settings.prepare()
    await context.teller.restore()
    await reconciliation.begin()
    // what is sent before there is a stream is not told of by it
    await stream.open()
    // what was filled while nobody listened, before what follows it, and before it is asked what became of each order
    const missed = parts.fills.catchUpAll()
    parts.events.after(() => missed)
    parts.lines.start()
    await missed
    for (const { symbol, order } of context.attempts.unfinished()) parts.lines.look(symbol, order)
    for (const { symbol, id } of host.run.openOrders()) parts.lines.look(symbol, id)
    await this.idle()
    await reconciliation.run()
  }

  handle(events: readonly RunEvent[]): void {
    const { lines } = this.#open
    for (const event of events) {
      if (event.type === 'accepted') lines.begin(event.order.symbol, event.order.id, event.at)
      else if (event.type === 'amended') lines.look(event.order.symbol, event.order.id, true)
      else if (event.type === 'cancelled') lines.look(event.symbol, event.id)
    }
    lines.lookAtTargets()
  }

  async resumed(): Promise<void> {
    if (this.#parts === null || this.#stop.signal.aborted) return
    const { context, reconciliation } = this.#parts
    // both before anything else is heard: what comes while the note is written nobody has looked at
    const note = context.known.accept()
    context.resumed()
    if (note !== null) await context.host.note(note)
    await reconciliation.anew().catch((error: unknown) => this.#failed(context.host, error))
  }

  async reconcile(): Promise<void> {
    if (this.#stop.signal.aborted) return
    this.#open.lines.lookAtTargets()
    await this.#open.reconciliation.run()
    letGoOfOld(this.#open.context, this.#open.fills)
  }

  /** Every wish is carried out, and what was carried out has been told of; or the session is stopped, and has waited long enough. */
  async idle(): Promise<void> {
    const { lines, events, echoes } = this.#open
    while (!this.#stop.signal.aborted && !this.#over.signal.aborted) {
      await Promise.race([lines.idle(), this.#stopped])
      await Promise.race([events.idle(), this.#stopped])
      if (lines.isIdle && events.isIdle && !echoes.isWaiting) return
      if (echoes.isWaiting) await pause(1, this.#stop.signal)
    }
  }

  async close(orders: 'keep' | 'cancel'): Promise<void> {
    const parts = this.#parts
    if (parts !== null) {
      this.#hurry()
      if (orders === 'cancel') await this.#cancelAll(parts)
      // one that has begun anew has none of them
      if (!parts.context.gate.isAnother) this.#sayLeft(parts)
    }
    clearTimeout(this.#overTimer)
    this.#stop.abort()
    parts?.echoes.stop()
    parts?.stream.close()
    this.#options.destination.agents.http.destroy()
    this.#options.destination.agents.https.destroy()
  }

  #hurry(): void {
    this.#overTimer ??= setTimeout(() => this.#over.abort(), this.#open.context.timing.stop)
  }

  /** What nobody looks after until the session goes on. */
  #sayLeft({ context, lines }: BrokerParts): void {
    if (lines.isIdle) return
    const { attempts, host } = context
    const unsure = attempts.unfinished().filter(({ state }) => state !== 'live')
    const missing = host.run
      .openOrders()
      .filter(({ symbol, id }) => !attempts.of(symbol, id).some(({ state }) => state === 'live'))
    const names = [...unsure.map(({ clientId }) => clientId), ...missing.map(({ symbol, id }) => `${symbol} ${id}`)]
    if (names.length === 0) return
    context.alarm(
      'left-open',
      'critical',
      `the session was stopped before it was known what became of these orders, and nobody looks after them until it goes on: ${names.join(', ')}`,
      { unsure: unsure.length, missing: missing.length },
    )
  }

  get #market(): Market {
    return this.#options.market ?? USDM
  }

  get #open(): BrokerParts {
    if (this.#parts === null) throw new Error('the broker has not been opened')
    return this.#parts
  }

  #failed(host: BrokerHost, error: unknown): void {
    if (!this.#stop.signal.aborted) host.log('error', error instanceof Error ? error.message : String(error))
  }

  /** As where orders meet bars: what opens is cancelled, and what closes a position stays where it is. */
  async #cancelAll({ context, lines }: BrokerParts): Promise<void> {
    // what does not come to rest by then is not waited for
    await Promise.race([this.idle(), pause(context.timing.timeout, this.#stop.signal)])
    lines.stop()
    const open = context.attempts.unfinished().filter(({ state, terms }) => {
      return state === 'live' && !terms.reduceOnly && terms.type !== 'MARKET'
    })
    // at once: each may take as long as an answer is waited for
    await Promise.all(open.map((attempt) => this.#cancel(attempt, context)))
  }

  async #cancel(attempt: Attempt, context: Context): Promise<void> {
    const { symbol, order, clientId } = attempt
    const request = cancelOf(attempt, context.market)
    await context.cancelling([attempt])
    const outcome = await context.gate.send('DELETE', ...request)
    if (outcome.kind === 'done')
      return context.tellEnded(attempt, attempt, 'requested', 'cancelled as the session was stopped')
    const facts = { symbol, order, clientId }
    context.alarm('not-cancelled', 'critical', `${symbol}: ${clientId} could not be cancelled: ${outcome.text}`, facts)
  }
}
