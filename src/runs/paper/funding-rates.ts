import type { StreamClock } from '../../data/stream/stream-clock.ts'
import type { FundingText } from '../../data/venues/venue.ts'
import type { FeedEvent, FeedFunding } from './feed.ts'

const HOUR = 3_600_000
/** The rate of an hour is stated some seconds after it, ms; a minute's bar that it belongs to closes later. */
const DELAY = 8_000
/** Between two questions for what has not been stated or answered, ms. */
const RETRY = 8_000
/** What is not there so long after its hour was none, ms: schedules are of 8, 4 or 1 hours. */
const SETTLED = 50_000

interface FundingOptions {
  /** Slots that are funded, and the time from which on their rates are wanted, UTC ms. */
  readonly slots: readonly { readonly slot: number; readonly symbol: string; readonly since: number }[]
  /** Rates of [from, to), as the venue states them. */
  readonly ask: (symbol: string, from: number, to: number) => Promise<readonly FundingText[]>
  readonly clock: StreamClock
}

interface Rates {
  readonly slot: number
  readonly symbol: string
  /** Asked for up to here, with an answer. */
  asked: number
  readonly known: FeedFunding[]
  /** Why the last question had no answer. */
  fault: string | null
}

/** Funding of live perpetuals whose orders meet bars: asked for after each full hour, handed out with the bars that it falls due before. */
export class FundingRates {
  /** Resolves when what fell due before now has been asked for once, with an answer or without. */
  readonly ready: Promise<void>
  readonly #options: FundingOptions
  readonly #rates: readonly Rates[]
  #cancel: () => void = () => undefined
  #isOver = false

  constructor(options: FundingOptions) {
    this.#options = options
    this.#rates = options.slots.map(({ slot, symbol, since }) => ({
      slot,
      symbol,
      asked: since,
      known: [],
      fault: null,
    }))
    this.ready = this.#look()
  }

  stop(): void {
    this.#isOver = true
    this.#cancel()
  }

  /** Rates that fell due before an instant, each once; those that are not known yet are told of, and come with a later one. */
  take(at: number, tell: (event: FeedEvent) => void): readonly FeedFunding[] {
    const last = Math.ceil(at / HOUR - 1) * HOUR
    for (const { slot, asked, fault } of this.#rates)
      if (asked <= last && fault !== null) tell({ kind: 'no-funding', slot, time: last, why: fault })
    return this.#rates.flatMap(({ known }) => {
      const count = known.findIndex(({ time }) => time >= at)
      return known.splice(0, count < 0 ? known.length : count)
    })
  }

  async #look(): Promise<void> {
    const { clock } = this.#options
    await Promise.all(this.#rates.map((one) => this.#ask(one)))
    if (this.#isOver) return
    const now = clock.now()
    const next = Math.floor(now / HOUR) * HOUR + HOUR + DELAY
    const isWaiting = this.#rates.some(({ asked, fault }) => fault !== null || asked <= Math.floor(now / HOUR) * HOUR)
    this.#cancel = clock.after(isWaiting ? RETRY : next - now, () => void this.#look())
  }

  async #ask(rates: Rates): Promise<void> {
    const { ask, clock } = this.#options
    const now = clock.now()
    const hour = Math.floor(now / HOUR) * HOUR
    if (rates.asked > hour) return
    try {
      const found = await ask(rates.symbol, rates.asked, now)
      rates.fault = null
      for (const { time, rate, mark } of found) {
        // charged on the hour, and stamped some ms later
        const due = Math.round(time / HOUR) * HOUR
        if (due < rates.asked) continue
        rates.known.push({ slot: rates.slot, time: due, rate: Number(rate), mark: mark === null ? null : Number(mark) })
        rates.asked = due + 1
      }
      // an answer just after the hour may be ahead of the rate
      if (now - hour >= SETTLED) rates.asked = Math.max(rates.asked, hour + 1)
    } catch (error) {
      rates.fault = (error as Error).message
    }
  }
}
