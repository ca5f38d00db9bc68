import type { RunEvent } from '../../../../src/core/event.ts'
import type { NewBar } from '../../../../src/core/growing-bars.ts'
import type { Decision } from '../../../../src/core/order.ts'
import type { Told } from '../../../../src/core/told.ts'
import { defineStrategy, type ParamValue, type Strategy } from '../../../../src/engine/index.ts'
import type { Alarm } from '../../../../src/runs/paper/alarm.ts'
import { exchangeDestination } from '../../../../src/runs/paper/exchange/destination.ts'
import { ExchangeBroker } from '../../../../src/runs/paper/exchange/exchange-broker.ts'
import type { Keys } from '../../../../src/runs/paper/exchange/keys.ts'
import { SPOT } from '../../../../src/runs/paper/exchange/spot-market.ts'
import type { Timing } from '../../../../src/runs/paper/exchange/timing.ts'
import { USDM } from '../../../../src/runs/paper/exchange/usdm-market.ts'
import type { FeedBar } from '../../../../src/runs/paper/feed.ts'
import { type LiveInput, LiveRun } from '../../../../src/runs/paper/live-run.ts'
import type { LiveSlotOptions } from '../../../../src/runs/paper/live-slot.ts'
import type { BrokerHost, BrokerNote } from '../../../../src/runs/paper/paper-broker.ts'
import { barsOf, HOUR, instrumentOf, marginOf } from '../../../engine/scene.ts'
import type { StubExchange } from './stub-exchange.ts'

/**
 * What is waited for in between is short. What runs out is so long that it does not on a machine that stands still for a second:
 * a test of what follows when it has run out says how soon.
 */
const QUICK: Partial<Timing> = {
  ...{ backoff: 10, maxBackoff: 40, pause: 300, reconnect: 30 },
  ...{ recvWindow: 10_000, timeout: 10_000, entryPatience: 20_000, echo: 10_000 },
  ...{ keepAlive: 60_000, ping: 60_000, pong: 10_000 },
}

/** What is traded, and by what: a scripted strategy on BTCUSDT where nothing else is said. */
export interface World {
  readonly strategy: Strategy
  readonly params: Readonly<Record<string, ParamValue>>
  readonly slot: LiveSlotOptions
  /** What else is traded on the same account. */
  readonly others: readonly LiveSlotOptions[]
  readonly leverage: number
  readonly cash: number
  readonly from: number
  readonly keys: Keys
}

type Written = { readonly note: BrokerNote } | { readonly input: LiveInput }

/**
 * A session around the real engine with what a broker sees of one: a journal in memory that outlives it, so that it can be killed
 * between any two records and begun again.
 */
export class SessionDouble {
  readonly stub: StubExchange
  readonly journal: Written[]
  readonly alarms: Alarm[] = []
  readonly halts: string[] = []
  readonly sent: number[] = []
  readonly logged: string[] = []
  readonly broker: ExchangeBroker
  readonly run: LiveRun
  /** What alarms stood for and is over. */
  readonly over: string[] = []
  reconnects = 0
  diskMs = 0
  /** Who says whether the exchange is still the same, where anybody does. */
  there: Pick<BrokerHost, 'isSame' | 'another'> = {}
  /** Told after each record that is on the disk. */
  onWritten: (written: Written) => void = () => undefined
  /** After that nothing is written or taken any more, as after a kill. */
  isDead = false
  readonly stop = new AbortController()
  readonly #script: Decision[] = []
  readonly #url: string
  readonly #world: World
  readonly #given: Partial<World>
  readonly #timing: Partial<Timing>
  #at = 0

  constructor(
    url: string,
    stub: StubExchange,
    journal: Written[] = [],
    timing: Partial<Timing> = {},
    world: Partial<World> = {},
  ) {
    this.stub = stub
    this.#url = url
    this.journal = journal
    this.#timing = timing
    this.#given = world
    const scripted = defineStrategy({ name: 'scripted', onBar: () => this.#script.shift() })
    const isSpot = stub.kind === 'spot'
    const instrument = instrumentOf({}, 'BTCUSDT', isSpot ? 'spot' : 'perpetual')
    const costs = { feeMaker: 0, feeTaker: 0, slippageBps: 0 }
    this.#world = {
      ...{ strategy: scripted, params: {}, leverage: isSpot ? 1 : 20, cash: 10_000, from: 0, keys: stub.keys },
      slot: { instrument, bars: barsOf([], '1h'), costs, margin: isSpot ? null : marginOf() },
      others: [],
      ...world,
    }
    const { strategy, params, slot, others, cash, from, keys } = this.#world
    const slots = [slot, ...others]
    const market = slot.margin === null ? SPOT : USDM
    const destination = exchangeDestination(url)
    this.broker = new ExchangeBroker({ market, destination, keys, timing: { ...QUICK, ...timing } })
    this.run = new LiveRun({ strategy, params, cash, from, limitTouch: false, fills: 'told', slots })
    // what the strategy said is not in the journal: it says the same again
    this.#script.push(...scriptOf(journal))
    for (const one of journal) if ('input' in one) this.#take(one.input)
  }

  async open(): Promise<this> {
    await this.broker.open(this.#host())
    return this
  }

  /** The same session in another process. */
  again(timing: Partial<Timing> = {}): SessionDouble {
    return new SessionDouble(this.#url, this.stub, [...this.journal], { ...this.#timing, ...timing }, this.#given)
  }

  /** As kill -9 does it: nothing is said to anybody. */
  async kill(): Promise<void> {
    this.isDead = true
    await this.broker.close('keep')
  }

  /** A bar closes, and the strategy decides this. */
  decide(decision: Decision, close = 100): readonly RunEvent[] {
    const bar = { openTime: this.#at, open: close, high: close, low: close, close, volume: 10 }
    this.#script.push(decision)
    return this.bar(bar, HOUR, decision)
  }

  /** A bar closes, and the strategy decides. */
  bar(bar: NewBar, length: number, decision: Decision = null): readonly RunEvent[] {
    return this.bars(bar.openTime + length, [{ slot: 0, ...bar }], decision)
  }

  /** Bars of several markets that close together. */
  bars(at: number, bars: readonly FeedBar[], decision: Decision = null): readonly RunEvent[] {
    const input = { kind: 'bars', at, bars } as const
    this.journal.push({ input: { ...input, decision } as LiveInput })
    const events = this.#take(input)
    this.broker.handle(events)
    return events
  }

  /** It decides, and all that follows has come to rest. */
  async settle(decision: Decision, close?: number): Promise<readonly RunEvent[]> {
    const events = this.decide(decision, close)
    await this.broker.idle()
    return events
  }

  /** A person lets trading go on; resolves when the account has been compared anew. */
  async resume(): Promise<void> {
    const input = { kind: 'command', at: this.#at, command: 'resume', why: 'looked at' } as const
    this.journal.push({ input })
    this.broker.handle(this.#take(input))
    await this.broker.resumed()
  }

  /** `kind severity` of all alarms so far. */
  get said(): string[] {
    return this.alarms.map(({ kind, severity }) => `${kind} ${severity}`)
  }

  get position(): number {
    return this.run.positionOf('BTCUSDT').qty
  }

  get fills(): string[] {
    return this.run.events.flatMap((event) =>
      event.type === 'fill' ? [`${event.fill.order} ${event.fill.qty} at ${event.fill.price}`] : [],
    )
  }

  #take(input: LiveInput): readonly RunEvent[] {
    if (input.kind === 'bars') this.#at = input.at
    return this.run.take(input)
  }

  #host(): BrokerHost {
    const write = async (written: Written) => {
      // longer than a microtask, as a disk is
      await new Promise((done) => (this.diskMs > 0 ? setTimeout(done, this.diskMs) : setImmediate(done)))
      if (this.isDead) return new Promise<never>(() => undefined)
      this.journal.push(written)
      this.onWritten(written)
      if (this.isDead) return new Promise<never>(() => undefined)
    }
    const input = async (given: LiveInput) => {
      await write({ input: given })
      this.broker.handle(this.#take(given))
    }
    const { journal } = this
    const { slot, others, leverage } = this.#world
    return {
      run: this.run,
      get notes() {
        return journal.flatMap((one) => ('note' in one ? [one.note] : []))
      },
      note: (note) => write({ note: structuredClone(note) }),
      tell: (told: Told) => input({ kind: 'told', told: structuredClone(told) }),
      alarm: (alarm) => void this.alarms.push(alarm),
      over: (stands) => void this.over.push(stands),
      halt: async (why) => {
        this.halts.push(why)
        await input({ kind: 'command', at: this.#at, command: 'halt', why })
      },
      flatten: (why) => input({ kind: 'command', at: this.#at, command: 'flatten', why }),
      log: (_level, text) => void this.logged.push(text),
      sent: (us) => void this.sent.push(us),
      reconnected: () => void this.reconnects++,
      now: () => Date.now(),
      ...this.there,
      signal: this.stop.signal,
      command: (what) => `klinelab paper ${what} double`,
      sessionId: '0badcafe',
      symbols: [slot, ...others].map(({ instrument, bars, costs }) => ({
        ...{ symbol: instrument.symbol, series: bars.series, instrument, leverage },
        margin: slot.margin === null ? null : ('cross' as const),
        fees: { maker: costs.feeMaker, taker: costs.feeTaker },
      })),
    }
  }
}

function scriptOf(journal: readonly Written[]): Decision[] {
  return journal.flatMap((one) =>
    'input' in one && one.input.kind === 'bars' ? [(one.input as unknown as { decision: Decision }).decision] : [],
  )
}
