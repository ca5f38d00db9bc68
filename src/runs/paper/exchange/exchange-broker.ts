import { createHash } from 'node:crypto'
import type { RunEvent } from '../../../core/event.ts'
import { UsageError } from '../../usage-error.ts'
import type { BrokerHost, PaperBroker } from '../paper-broker.ts'
import type { Attempt } from './attempt.ts'
import { Attempts } from './attempts.ts'
import { Context } from './context.ts'
import { type Destination, placeOf } from './destination.ts'
import { Fills } from './fills.ts'
import { Funding } from './funding.ts'
import { Gate } from './gate.ts'
import type { Keys } from './keys.ts'
import { KnownChanges } from './known-changes.ts'
import { letGoOfOld } from './let-go.ts'
import { Lines } from './lines.ts'
import type { Market } from './market.ts'
import { pause } from './pause.ts'
import { Questions } from './questions.ts'
import { Reconciliation } from './reconciliation.ts'
import { Settings } from './settings.ts'
import { StreamEvents } from './stream-events.ts'
import { Teller } from './teller.ts'
import { TIMING, type Timing } from './timing.ts'
import { USDM } from './usdm-market.ts'
import { UserStream } from './user-stream.ts'

export interface ExchangeBrokerOptions {
  /** Built in: USDS-M. */
  readonly market?: Market
  readonly destination: Destination
  readonly keys: Keys
  readonly timing?: Partial<Timing>
}

/** Times in a row that a stream may be made anew for its silence before that is an alarm. */
const SILENCES = 2

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
  /** Accepted orders that the stream has to tell of. */
  readonly #echoes = new Map<Attempt, NodeJS.Timeout>()
  /** Counts the streams that there have been: what was expected of one says nothing of the next. */
  #streams = 0
  #parts: Parts | null = null
  readonly #stopped = new Promise<void>((resolve) => {
    for (const { signal } of [this.#stop, this.#over]) signal.addEventListener('abort', () => resolve())
  })
  #silences = 0
  #isLost = false

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
    const parts = this.#assemble(host)
    this.#parts = parts
    host.signal.addEventListener('abort', () => this.#hurry())
    if (host.signal.aborted) this.#hurry()
    const { context, stream, settings, reconciliation } = parts
    if (!(await context.gate.setClock()))
      throw new Error(`${this.#options.destination.rest} does not answer: is it running?`)
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
    const { lines, events } = this.#open
    while (!this.#stop.signal.aborted && !this.#over.signal.aborted) {
      await Promise.race([lines.idle(), this.#stopped])
      await Promise.race([events.idle(), this.#stopped])
      if (lines.isIdle && events.isIdle && this.#echoes.size === 0) return
      if (this.#echoes.size > 0) await pause(1, this.#stop.signal)
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
    for (const timer of this.#echoes.values()) clearTimeout(timer)
    this.#echoes.clear()
    parts?.stream.close()
    this.#options.destination.agents.http.destroy()
    this.#options.destination.agents.https.destroy()
  }

  #hurry(): void {
    this.#overTimer ??= setTimeout(() => this.#over.abort(), this.#open.context.timing.stop)
  }

  /** What nobody looks after until the session goes on. */
  #sayLeft({ context, lines }: Parts): void {
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

  get #open(): Parts {
    if (this.#parts === null) throw new Error('the broker has not been opened')
    return this.#parts
  }

  #assemble(host: BrokerHost): Parts {
    const { destination, keys } = this.#options
    const timing = { ...TIMING, ...this.#options.timing }
    const { signal } = this.#stop
    const market = this.#market
    const gate = new Gate({
      market, destination, keys, timing, signal, over: this.#over.signal, now: () => host.now(),
      isSame: host.isSame?.bind(host), another: host.another,
      onAgain: (what, why) => host.log('warn', `${what}: ${why}; asked again`),
      onPause: (ms, why, isBan) => {
        const seconds = Math.ceil(ms / 1000)
        if (isBan)
          context.alarm('banned', 'critical', `the exchange has banned this address (${why}): nothing is sent for ${seconds} s, nor what closes a position`, { ms })
        else
          context.alarm('rate-limit', 'warning', `the exchange asks for silence (${why}): nothing but exits is sent for ${seconds} s`, { ms })
      },
    }) // biome-ignore format: one list
    const context: Context = new Context({
      host,
      market,
      gate,
      attempts: new Attempts(),
      teller: new Teller(host),
      known: new KnownChanges(!market.hasMargin),
      timing,
      signal,
    })
    const fills = new Fills(context, (attempt) => lines.look(attempt.symbol, attempt.order))
    const settings = new Settings(context)
    // what a comparison that is underway has passed already may be what differs now
    const reconcileSoon = () => void reconciliation.anew().catch((error: unknown) => this.#failed(host, error))
    const lines: Lines = new Lines(context, new Questions(context), fills, {
      onPlaced: (attempt) => this.#expectEcho(attempt, timing.echo),
      onDoubt: reconcileSoon,
      takesLists: (symbol) => settings.takesLists(symbol),
      onFilter: () => void settings.checkRules().catch((error: unknown) => this.#failed(host, error)),
    })
    const funding = new Funding(context)
    const reconciliation = new Reconciliation(context, fills, lines, settings, funding)
    const events = new StreamEvents(context, fills, lines, {
      onDoubt: reconcileSoon,
      onFunding: () => funding.take().catch((error: unknown) => this.#failed(host, error)),
      onSettings: () => void settings.check().catch((error: unknown) => this.#failed(host, error)),
    })
    const stream = new UserStream({
      market, destination, keys, timing, gate, signal,
      onEvent: (event) => {
        events.take(event)
        void events.idle().then(() => this.#heard())
      },
      onLost: () => {
        gate.doubt()
        this.#isLost = true
        context.alarm('stream-lost', 'warning', `${destination.rest}: the user stream is lost: it is being made again`)
      },
      onBack: () => {
        this.#isLost = false
        this.#streams++
        events.after(() => fills.catchUpAll())
        context.calm('stream-lost')
        host.reconnected()
        reconcileSoon()
      },
      // while it is lost, the alarm has said so: the package says it again with every try
      log: (level, text) => host.log(this.#isLost ? 'debug' : level, text),
    }) // biome-ignore format: one list
    return { context, fills, lines, settings, funding, reconciliation, events, stream }
  }

  #failed(host: BrokerHost, error: unknown): void {
    if (!this.#stop.signal.aborted) host.log('error', error instanceof Error ? error.message : String(error))
  }

  /** An order that was taken is told of on the stream; where it is not, the stream is dead, whatever it looks like. */
  #expectEcho(attempt: Attempt, ms: number): void {
    // while there is none, what comes of it is asked for when there is one again
    if (attempt.isSeen || this.#isLost || this.#stop.signal.aborted) return
    const stream = this.#streams
    this.#echoes.set(
      attempt,
      setTimeout(() => void this.#silent(attempt, stream), ms),
    )
  }

  #heard(): void {
    for (const [attempt, timer] of this.#echoes) {
      if (!attempt.isSeen) continue
      clearTimeout(timer)
      this.#echoes.delete(attempt)
      this.#silences = 0
      this.#open.context.calm('stream-silent')
    }
  }

  async #silent(attempt: Attempt, stream: number): Promise<void> {
    this.#echoes.delete(attempt)
    const { context, stream: user, lines, fills } = this.#open
    const { symbol, order } = attempt
    const isDead = stream === this.#streams && !this.#isLost
    if (isDead) {
      this.#isLost = true
      this.#silences++
      const text = 'an order was taken, and the user stream said nothing of it'
      if (this.#silences < SILENCES) context.alarm('stream-silent', 'warning', `${text}: it is made anew`)
      else
        await context.halt(
          'stream-silent',
          `${text} though it was made anew: it is dead, so nothing is opened any more`,
        )
    }
    // the list of trades is the truth meanwhile
    await fills.catchUp(symbol).catch(() => false)
    if (attempt.state === 'live') attempt.state = 'unsure'
    lines.look(symbol, order)
    if (isDead && !this.#stop.signal.aborted) await user.remake('it said nothing of an order that was taken')
  }

  /** As where orders meet bars: what opens is cancelled, and what closes a position stays where it is. */
  async #cancelAll({ context, lines }: Parts): Promise<void> {
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
    const { symbol, order, clientId, orderId, terms } = attempt
    const { conditional, paths } = context.market
    const by: Record<string, string> = orderId ? { orderId } : { origClientOrderId: clientId }
    await context.cancelling([attempt])
    const outcome =
      terms.route === 'algo' && !orderId
        ? await context.gate.send('DELETE', conditional!.order, { clientAlgoId: clientId })
        : await context.gate.send('DELETE', paths.order, { symbol, ...by })
    if (outcome.kind === 'done')
      return context.tellEnded(attempt, attempt, 'requested', 'cancelled as the session was stopped')
    const facts = { symbol, order, clientId }
    context.alarm('not-cancelled', 'critical', `${symbol}: ${clientId} could not be cancelled: ${outcome.text}`, facts)
  }
}

interface Parts {
  readonly context: Context
  readonly fills: Fills
  readonly lines: Lines
  readonly settings: Settings
  readonly funding: Funding
  readonly reconciliation: Reconciliation
  readonly events: StreamEvents
  readonly stream: UserStream
}
