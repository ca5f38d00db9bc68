import type { SlotOptions } from '../engine/index.ts'
import { type Allowances, Limits } from './limits.ts'
import type { MarketNow, Precision, UserSink, WireReply, WireRequest } from './wire.ts'

export interface VenueOptions {
  readonly kind: 'usdm' | 'spot'
  /** In declared order; without indicators, and `readyRow` beyond the last bar. */
  readonly slots: readonly SlotOptions[]
  /** How many instants there are, as the engine wants it. */
  readonly instants: number
  readonly cash: number
  readonly keys: { readonly key: string; readonly secret: string }
  readonly market: MarketNow
  /** What exchangeInfo states of each symbol. */
  readonly precisionOf: (symbol: string) => Precision
  readonly sink: UserSink
  readonly limitTouch?: boolean
  /** `2026`, the default: replies to POST, PUT and DELETE of an order have no avgPrice and no cumQuote. */
  readonly shape?: '2025' | '2026'
  /** Minutes that a listenKey lives; 60 where absent. */
  readonly listenKeyMinutes?: number
  readonly allowances?: Partial<Allowances>
}

/** The account side of the exchange, over the engine's own broker. Synchronous: it is handed requests, bars and time. */
export class Venue {
  /** Shared with the market's routes: `spend` before one is answered, `headersOf` for its reply. */
  readonly limits: Limits

  constructor(options: VenueOptions) {
    this.limits = new Limits(options.allowances)
  }

  /** The reply to a route of the account, limits charged and headers set; `null`: it is none of them. */
  handle(_request: WireRequest): WireReply | null {
    return null
  }

  /** The bars that close at `at` begin, and their opens are the present prices. Then slot by slot: `meetOpen`, and `meetInside` until it says false. */
  begin(_at: number): void {}

  meetOpen(_symbol: string): void {}

  /** Plays the bar's inside up to and including its next fill; `true`: something was filled, call again. */
  meetInside(_symbol: string): boolean {
    return false
  }

  /** The bars have closed: marks, margin calls. */
  end(): void {}

  /** Reference price of the symbol's newest fill (`Fill.reference`), where the market's price then is; `null` before the first. */
  lastFill(_symbol: string): number | null {
    return null
  }

  /** 1 long, −1 short, 0 flat: whose worse extreme the market shows first. */
  sideOf(_symbol: string): number {
    return 0
  }

  /** Wall clock, some times a second: listenKeys run out, countdowns cancel. */
  tick(_at: number): void {}
}
