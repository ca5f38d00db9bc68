import type { Instrument } from '../../core/instrument.ts'
import type { Interval } from '../../core/interval.ts'
import type { Series, Venue } from '../../core/series.ts'
import type { RowBuffer } from '../rows.ts'

/** One bar as a venue states it: every amount in the venue's own digits, nothing rounded, nothing added. */
export interface BarText {
  /** UTC ms, whatever the venue counts in. */
  readonly openTime: number
  /** Exclusive, UTC ms; NaN where the venue does not say. One that is early says that the exchange closed the bar early. */
  readonly closeTime: number
  readonly open: string
  readonly high: string
  readonly low: string
  readonly close: string
  /** In the base asset. */
  readonly volume: string
  /** `null`: the venue does not say. */
  readonly quoteVolume: string | null
  readonly trades: number | null
  readonly takerBase: string | null
  readonly takerQuote: string | null
}

/** One GET. */
export interface Ask {
  /** From the root of the venue's origin, e.g. `/api/v3/klines`. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** What it takes of the venue's allowance (`Limits`). */
  readonly weight: number
  /** Of a request that is signed; no error and no message says them, nor the query's `signature`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Makes what is sent of it anew for each attempt: what bears its time of sending, and a signature. */
  readonly sign?: () => Pick<Ask, 'query' | 'headers'>
  /** A file is asked for: nobody looks for words of the venue's in it. */
  readonly isFile?: boolean
}

/** What a venue answered. */
export interface Answer {
  readonly body: string
  /** As they came, where files are asked for. */
  readonly bytes?: Uint8Array
  /** The venue's clock when it made the answer (`Date` header), UTC ms: by it, not by ours, a bar has ended or has not. */
  readonly at: number
  readonly headers: Readonly<Record<string, string>>
}

/** How much a venue takes from one address. */
export interface Limits {
  /** Weight in `window` ms. */
  readonly weight: number
  readonly window: number
  /** Header in which the venue says how much of it has been used, lower case; `null` where it does not. */
  readonly usedHeader: string | null
  /** Requests underway at once. */
  readonly parallel: number
}

/** How bars of the past are asked for. */
export interface BarsApi {
  readonly intervals: readonly Interval[]
  /** Most bars one request brings, of the page size that costs least weight a row. */
  readonly pageRows: number
  /** Only the newest so many bars can be had; `null`: all of them. */
  readonly horizon: number | null
  /** Whether buckets without a trade are left out of the answer rather than stated as flat. */
  readonly omitsEmpty: boolean
  /** Asks for bars with open times in [from, to), UTC ms: at most `pageRows` of them. */
  ask(series: Series, from: number, to: number): Ask
  /**
   * The bars of an answer, oldest first, in whatever order and columns they came; all of them, those outside of what was asked
   * and the one that has not ended too: the pager looks at them.
   * @throws VenueContentError where the answer is not what the venue's documentation promises
   */
  read(body: string, series: Series): readonly BarText[]
  /**
   * The same out of the bytes of an answer, in columns, with none of the text in between: for venues of which much is asked. `null`: it is
   * not as most are, and `read` says what it is.
   */
  readPlain?(bytes: Uint8Array, series: Series): RowBuffer | null
}

/** A rate that was charged. */
export interface FundingText {
  /** As the venue states it, UTC ms. */
  readonly time: number
  readonly rate: string
  readonly mark: string | null
}

/** How funding rates of the past are asked for. */
interface FundingApi {
  readonly pageRows: number
  ask(symbol: string, from: number, to: number): Ask
  read(body: string): readonly FundingText[]
}

/** The rules of a venue's markets. */
interface RulesApi {
  /** One that covers all, or one of the symbol where the venue wants it named. */
  ask(symbol: string): Ask
  /**
   * Rules of the venue's markets as they are now, in the answer's order.
   * @param at the venue's clock, for venues whose answer bears no date
   */
  read(body: string, at: number): readonly MarketRules[]
}

/** One market as the venue lists it. */
export interface MarketRules {
  /** With one snapshot, valid from the answer on. */
  readonly instrument: Instrument
  /** Whether it trades now; the venue's own word for it. */
  readonly isTrading: boolean
  readonly status: string
  /** When it was listed or will be delisted, UTC ms; `null` where the venue does not say. */
  readonly listedAt: number | null
  readonly delistedAt: number | null
  /** Base-tier fees as decimal text, where the venue states them with the market. */
  readonly feeMaker: string | null
  readonly feeTaker: string | null
  /** Whether the venue itself marks it as a pair of stable coins; absent where it has no such mark. */
  readonly isStable?: boolean
}

/** A market's last 24 hours. */
export interface Ticker {
  readonly symbol: string
  readonly last: number
  /** Fraction: last ÷ price 24 hours ago − 1; NaN where the venue does not say. */
  readonly change: number
  readonly high: number
  readonly low: number
  /** Quote asset traded in 24 hours; NaN where the venue does not say. */
  readonly quoteVolume: number
  readonly bid: number
  readonly ask: number
}

/** How the last 24 hours of all markets are asked for. */
interface TickersApi {
  /**
   * One answer, or several whose lists are joined by symbol (24-hour figures here, quotes there); all markets are in it. `symbols` are
   * those whose quotes are wanted where a venue states them one by one.
   */
  asks(symbols: readonly string[]): readonly Ask[]
  /** @param symbols those that were asked for, in the same order */
  read(bodies: readonly string[], symbols?: readonly string[]): readonly Ticker[]
}

/** All that one venue is; one file a venue. What is the same everywhere (waiting, retrying, paging, storing) is not in it. */
export interface VenueApi {
  readonly venue: Venue
  /** Where its public REST interface is. */
  readonly origin: string
  readonly limits: Limits
  readonly bars: BarsApi
  readonly rules: RulesApi
  readonly tickers: TickersApi
  /** Its clock, UTC ms. */
  readonly clock: { readonly ask: Ask; read(body: string): number }
  readonly funding: FundingApi | null
  /** The venue's own code and words in an answer that is an error, whatever its status (Kraken and KuCoin say it with 200); `null`: none. */
  fault(status: number, body: string): VenueFault | null
}

export interface VenueFault {
  readonly code: string
  readonly message: string
  /**
   * What it means for who asked: `symbol` (no such market), `limit` (too fast), `server` (try again), `clock` (what was signed bears
   * another time), `key` (refused, or not allowed to), `request` (ours to mend).
   */
  readonly kind: 'symbol' | 'limit' | 'server' | 'clock' | 'key' | 'request'
}

/** An answer that is not what the venue's documentation says; the request is asked again before anybody hears of it. */
export class VenueContentError extends Error {
  override readonly name = 'VenueContentError'
}

/** Asks a venue, as slowly as it wants to be asked. */
export interface VenueHttp {
  readonly api: VenueApi
  /**
   * Waits for its turn, asks, asks again where that is worth it, and tells who listens why it waits.
   * @param check reads the answer; a VenueContentError thrown by it is asked again
   * @param signal ends it, beside whatever ends all that is asked here
   * @throws VenueError in the end
   */
  get<T>(ask: Ask, check: (answer: Answer) => T, signal?: AbortSignal): Promise<T>
}
