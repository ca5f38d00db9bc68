import { randomUUID } from 'node:crypto'
import type { Execution } from '../core/execution.ts'
import { GrowingBars } from '../core/growing-bars.ts'
import { closeTimeOf } from '../core/interval.ts'
import { BEGUN_HEADER, REPLAY_HEADER, type ReplayState, replayText } from '../data/serve/replay-header.ts'
import type { LiveEvent } from '../data/stream/live.ts'
import type { SlotOptions } from '../engine/index.ts'
import { ControlServer } from './control.ts'
import { errorReply } from './error-codes.ts'
import { checkFaultPlace, type FaultSpec } from './fault-spec.ts'
import { type Fault, type FaultNote, Faults } from './faults.ts'
import type { Allowances } from './limits.ts'
import { LiveBars } from './live-bars.ts'
import { Market } from './market.ts'
import { MarketRoutes } from './market-routes.ts'
import { EventOutbox } from './outbox.ts'
import { MaxPace, type Pace, type Pause, StepPace, TimedPace } from './pace.ts'
import { precisionOf } from './precision.ts'
import { countInstants, Replay } from './replay.ts'
import { ExchangeServer } from './server.ts'
import { StreamHub } from './stream-hub.ts'
import type { SocketTimes } from './stream-socket.ts'
import type { MarketSource } from './symbol-market.ts'
import { Venue } from './venue.ts'
import type { WireReply, WireRequest } from './wire.ts'

/** `max`: as fast as it goes; `step`: pause by pause, as the control port says; a number: so many times real time. */
export type Speed = number | 'max' | 'step'

export interface ExchangeOptions {
  readonly kind: 'usdm' | 'spot'
  /** In declared order: bars, rules, costs; of perpetuals margin terms, marks and funding. */
  readonly slots: readonly SlotOptions[]
  readonly cash: number
  readonly keys: { readonly key: string; readonly secret: string }
  readonly speed: Speed
  readonly host?: string
  /** 0: whichever is free. */
  readonly port?: number
  readonly tls?: { readonly key: string; readonly cert: string } | null
  /** Names that it answers to besides those of loopback. */
  readonly hosts?: readonly string[]
  /** Of what steers it, always on loopback; `null`: nothing does. */
  readonly controlPort?: number | null
  readonly faults?: readonly FaultSpec[]
  /** Of chances: faults, and whether events go ahead of answers. */
  readonly seed?: number
  readonly limitTouch?: boolean
  /** Slippage and participation; plain where absent. */
  readonly execution?: Execution
  readonly shape?: '2025' | '2026'
  readonly listenKeyMinutes?: number
  readonly allowances?: Partial<Allowances>
  readonly times?: Partial<SocketTimes>
  /** Hears of every fault that happens. */
  readonly onFault?: (note: FaultNote) => void
  /** Told of what should never happen: a request that this program failed at. */
  readonly onError?: (error: unknown) => void
}

const TICK_MS = 250

/** The simulated exchange: the market, the account over the engine's broker, and the servers in front of them. */
export class Exchange {
  readonly market: Market
  readonly faults: Faults
  readonly #venue: Venue
  readonly #routes: MarketRoutes
  readonly #hub: StreamHub
  readonly #server: ExchangeServer
  readonly #control: ControlServer | null
  readonly #pace: Pace
  readonly #speed: Speed
  readonly #stopping = new AbortController()
  readonly #begun = randomUUID()
  #played: 'replay' | 'ended' | 'live' = 'replay'
  readonly #waitingForSteps: { left: number; done: () => void }[] = []
  #timer: NodeJS.Timeout | null = null
  #ports = { port: 0, controlPort: null as number | null }

  /** @throws RangeError for a fault whose route no request has */
  constructor(options: ExchangeOptions) {
    const { kind, keys, cash, seed = 0, speed } = options
    const slots = options.slots.map(ready)
    const sources = slots.map(sourceOf)
    this.market = new Market(kind, sources, beginOf(sources))
    this.faults = new Faults(seed, options.onFault)
    this.#hub = new StreamHub(this.market, this.faults, options.times)
    const outbox = new EventOutbox((listenKey, event) => this.#hub.tellUser(listenKey, event), seed)
    this.#venue = new Venue({
      ...{ kind, slots, keys, cash, market: this.market, sink: outbox.sink, faults: this.faults },
      precisionOf: (symbol) => this.market.symbols.get(symbol)!.source.precision,
      instants: countInstants(sources),
      limitTouch: options.limitTouch ?? false,
      ...(options.execution !== undefined && { execution: options.execution }),
      shape: options.shape ?? '2026',
      listenKeyMinutes: options.listenKeyMinutes ?? 60,
      allowances: options.allowances ?? {},
    })
    this.#routes = new MarketRoutes(this.market, this.#venue.limits)
    for (const fault of options.faults ?? []) this.#addFault(fault)
    this.#pace = paceOf(speed, () => this.#hub.isBehind, this.#stopping.signal)
    this.#speed = speed
    this.#server = new ExchangeServer({
      kind,
      host: options.host ?? '127.0.0.1',
      port: options.port ?? 0,
      tls: options.tls ?? null,
      hosts: options.hosts ?? [],
      faults: this.faults,
      hub: this.#hub,
      exchange: { handle: (request) => this.#handle(request), outbox, steps: (count) => this.#steps(count) },
      onError: options.onError ?? (() => undefined),
    })
    this.#control = this.#controlOf(options)
  }

  #controlOf({ controlPort = null, keys, onFault }: ExchangeOptions): ControlServer | null {
    if (controlPort === null) return null
    return new ControlServer({
      port: controlPort,
      faults: this.faults,
      addFault: (fault) => this.#addFault(fault),
      hub: this.#hub,
      step: this.#pace instanceof StepPace ? this.#pace : null,
      now: () => this.market.now(),
      replay: () => this.replay,
      ask: (request) => this.#handle(request),
      keys,
      ...(onFault !== undefined && { onFault }),
    })
  }

  #addFault(fault: FaultSpec): Fault {
    const routes = [...this.#venue.routeNames, ...this.#routes.names]
    checkFaultPlace(fault, { kind: this.market.kind, symbols: [...this.market.symbols.keys()], routes })
    return this.faults.add(fault)
  }

  #handle(request: WireRequest): WireReply {
    return this.#stated(this.#venue.handle(request) ?? this.#routes.handle(request) ?? unknownPath(request))
  }

  /** Begins to listen. @throws what the ports say, such as EADDRINUSE */
  async listen(): Promise<{ readonly port: number; readonly controlPort: number | null }> {
    const { port } = await this.#server.listen()
    const controlPort = this.#control === null ? null : (await this.#control.listen()).port
    this.#timer = setInterval(() => {
      const at = Date.now()
      this.#venue.tick(at)
      this.#hub.tick(at)
    }, TICK_MS)
    this.#ports = { port, controlPort }
    return this.#ports
  }

  /** Plays the bars; resolves when the last has closed, or it is closed. It goes on answering. */
  async run(): Promise<void> {
    const { signal } = this.#stopping
    await new Replay(this.market, this.#venue, this.#pacing()).run(signal)
    // streams have been told of the last bar by now
    this.#played = 'ended'
    if (this.#pace instanceof StepPace) this.#pace.end(this.market.now())
    this.#passed(Number.POSITIVE_INFINITY)
  }

  /** Plays the bars of a live stream as they close, their insides at once. The slots' bars must be growing ones. */
  async follow(stream: AsyncIterable<LiveEvent>, onNote: (text: string) => void): Promise<void> {
    this.#played = 'live'
    const { symbols } = this.market
    const bars = new Map([...symbols].map(([symbol, one]) => [symbol, one.bars as GrowingBars]))
    const replay = new Replay(this.market, this.#venue, this.#pacing())
    const play = async (fresh: readonly string[]) => {
      for (const slot of this.#venue.engine.slots) slot.grow()
      await replay.play([...symbols.values()].filter(({ symbol }) => fresh.includes(symbol)))
    }
    await new LiveBars({ bars, play, onNote }).follow(stream)
  }

  /** How it stands with the bars: whoever waits for the next wants to know. */
  get replay(): ReplayState {
    if (this.#played !== 'replay') return { word: this.#played, speed: null }
    const isWaiting = this.#pace instanceof StepPace && this.#pace.isWaiting
    return { word: isWaiting ? 'waits' : 'plays', speed: typeof this.#speed === 'number' ? this.#speed : null }
  }

  #stated(reply: WireReply): WireReply {
    const said = { [REPLAY_HEADER]: replayText(this.replay), [BEGUN_HEADER]: this.#begun }
    return { ...reply, headers: { ...reply.headers, ...said } }
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    if (this.#timer !== null) clearInterval(this.#timer)
    if (this.#pace instanceof StepPace) this.#pace.end(this.market.now())
    this.#passed(Number.POSITIVE_INFINITY)
    await Promise.all([this.#server.close(), this.#control?.close()])
  }

  #pacing(): Pace {
    return {
      pause: async (pause: Pause, due, length) => {
        this.#passed()
        await this.#pace.pause(pause, due, length)
      },
    }
  }

  #steps(count: number): Promise<void> {
    return new Promise((done) => this.#waitingForSteps.push({ left: count, done }))
  }

  /** A pause of the replay was reached: requests that were held until then go on. */
  #passed(by = 1): void {
    for (const one of [...this.#waitingForSteps]) {
      one.left -= by
      if (one.left > 0) continue
      this.#waitingForSteps.splice(this.#waitingForSteps.indexOf(one), 1)
      one.done()
    }
  }
}

/** No strategy asks for indicators here; columns that grow want to be told so. */
function ready(slot: SlotOptions): SlotOptions {
  return slot.bars instanceof GrowingBars ? { ...slot, feed: NO_INDICATORS } : slot
}

const NO_INDICATORS = { mask: -1, fillTo: () => Number.POSITIVE_INFINITY }

function sourceOf({ instrument, bars, startRow, marks = null, funding = null }: SlotOptions): MarketSource {
  return { instrument, bars, startRow, marks, funding, precision: precisionOf(instrument, bars.priceDecimals) }
}

/** Open of the first bar that is played; where none is there yet, the close of the last. */
function beginOf(sources: readonly MarketSource[]): number {
  const opens = sources.map(({ bars, startRow }) =>
    startRow < bars.length
      ? bars.openTime[startRow]!
      : closeTimeOf(bars.openTime[bars.length - 1] ?? 0, bars.series.interval),
  )
  return Math.min(...opens)
}

function paceOf(speed: Speed, isBehind: () => boolean, signal: AbortSignal): Pace {
  if (speed === 'step') return new StepPace()
  return speed === 'max' ? new MaxPace(isBehind, signal) : new TimedPace(speed, signal)
}

/** As Binance answers to a path that it does not have. */
function unknownPath({ method, path }: WireRequest): WireReply {
  if (path.startsWith('/fapi/')) return errorReply(-5000, `Path ${path}, Method ${method} is invalid`, 404)
  return {
    status: 404,
    headers: { 'content-type': 'text/html' },
    body: '<html><body><h2>404 Not found</h2></body></html>',
  }
}
