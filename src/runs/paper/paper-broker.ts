import type { RunEvent } from '../../core/event.ts'
import type { Instrument } from '../../core/instrument.ts'
import type { MarginMode } from '../../core/leverage.ts'
import type { OrderView } from '../../core/order.ts'
import type { Series } from '../../core/series.ts'
import type { Told } from '../../core/told.ts'
import type { Alarm } from './alarm.ts'

/**
 * The contract between a paper session and the place where its orders go. The session owns the engine, the journal and the feed; a
 * broker owns a connection. The engine decides what an order is and when it ends; a broker carries that out and says what came of it.
 *
 * The order of things, at every input: it is in the journal and on the disk → the engine takes it → the events it caused go to `handle`.
 * After a restart the session has replayed its journal before `open` is called: those events are not handed to `handle` again. What
 * was still underway a broker finds out from `host.run.events`, from its own `host.notes` and from the exchange.
 */
export interface PaperBroker {
  /** `bars`: orders meet the bars, and nothing is sent anywhere. `told`: they fill when the broker says so (`host.tell`). */
  readonly fills: 'bars' | 'told'
  /**
   * What no two sessions of this machine may share, such as `binance-usdm demo` and a hash of its key; where absent the session has
   * an account of its own. Known before `open`: the session holds a lock of this name until `close` is over.
   */
  readonly account?: string
  /**
   * Connects, resolves what was in flight, and reconciles. The session takes no input of its own until this is over, but `host.tell`,
   * `host.note` and `host.halt` work meanwhile.
   * @throws UsageError, Error for what makes a start impossible: the session then ends
   */
  open(host: BrokerHost): Promise<void>
  /**
   * Wishes, as events: accepted → place it, cancelled → cancel it, amended → replace it. Called at once and must not wait: it queues. After
   * every instant, though it caused none: its closes may be what something waits for.
   */
  handle(events: readonly RunEvent[]): void
  /**
   * A person has looked and lets trading go on (`klinelab paper resume`): what is known by now to have been done by others is accepted as
   * far as it can be, and halts no more. Called as the command acts, before anything that comes after it: what is said later is not
   * accepted. Resolves when all has been compared anew, and what is wrong still has been said.
   */
  resumed(): Promise<void>
  /** Compares orders, position and balance with the engine's. Called every minute; a broker calls it itself after a reconnect. */
  reconcile(): Promise<void>
  /** Resolves when nothing is underway: every wish so far has been answered. A replay waits for it between two instants. */
  idle(): Promise<void>
  /** Ends the connection; with `cancel`, after what opens has been cancelled there. What closes a position stays. */
  close(orders: 'keep' | 'cancel'): Promise<void>
}

/** What a session gives to its broker. */
export interface BrokerHost {
  readonly run: BrokerRun
  /** The broker's own notes, oldest first: those of the journal, and those made since. Until `open` is over: then it knows them. */
  readonly notes: readonly BrokerNote[]
  /** Resolves when the note is on the disk; notes that are made together share one fsync. Rejects where it could not be written: then nothing may be sent. */
  note(note: BrokerNote): Promise<void>
  /** Written, taken by the engine, and its events handed to `handle` before this resolves; in the order of the calls. */
  tell(told: Told): Promise<void>
  alarm(alarm: Alarm): void
  /** What an alarm stood for is over. */
  over(stands: string): void
  /** Nothing may be opened any more until a person says so (`klinelab paper resume`); what closes and protects goes on. */
  halt(why: string): Promise<void>
  /** Everything is closed, and nothing may be opened; by a market order of the engine, that comes to `handle`. */
  flatten(why: string): Promise<void>
  /** For whoever watches, with a structured log's fields. No secrets. */
  log(level: 'debug' | 'info' | 'warn' | 'error', text: string, fields?: Readonly<Record<string, unknown>>): void
  /** µs from the engine's decision to the request on the wire, of an order. */
  sent(us: number): void
  /** A connection was lost and has come back. */
  reconnected(): void
  /** Wall clock of this machine, UTC ms. */
  now(): number
  /**
   * Whether a simulated exchange is still the one that the session began at; asked after it was away. `false`: it has begun anew, nothing
   * may be sent there, and the session ends. `null`: nobody answers. Absent where there is no such thing.
   */
  isSame?(): Promise<boolean | null>
  /** Resolves once that is known to be so, whoever has found it. */
  readonly another?: Promise<void>
  /** Ends when the session is told to stop: a broker's waits end with it. */
  readonly signal: AbortSignal
  /** What a person types to let this session trade again, or to end it. */
  command(what: 'resume' | 'stop'): string
  /** Eight hex digits that no other session of this machine has; stable across restarts: client ids are made of it. */
  readonly sessionId: string
  /** What is traded, in declared order. */
  readonly symbols: readonly BrokerSymbol[]
}

/** What a broker notes for itself in the journal: plain JSON, its own `note` says which kind. */
export interface BrokerNote {
  readonly kind: 'broker'
  readonly note: string
  readonly [field: string]: unknown
}

/** One instrument of the session, as it is traded. */
export interface BrokerSymbol {
  readonly symbol: string
  readonly series: Series
  readonly instrument: Instrument
  /** Of a perpetual; 1 and `null` on spot. */
  readonly leverage: number
  readonly margin: MarginMode | null
  /** The session's own fee rates, which it reckons with where the exchange does not say. */
  readonly fees: { readonly maker: number; readonly taker: number }
}

/** What can be read of the engine, at any time; what was read is a snapshot. */
export interface BrokerRun {
  /** Everything that has happened since the session's start, replayed events included. */
  readonly events: readonly RunEvent[]
  /** Live orders of all symbols, in order of acceptance; ids are a symbol's own. */
  openOrders(): readonly OrderView[]
  /** Signed, in the base asset, exact as far as the symbol's step goes. */
  positionOf(symbol: string): { readonly qty: number; readonly entryPrice: number }
  /** Which bracket an order is a leg of: the same number for all its legs; `null` where it is none, or lives no more. */
  bracketOf(symbol: string, order: string): number | null
  /** Quote asset: the wallet (start + realised − fees − funding), what of it is cash (on spot less what was paid for holdings), and equity at the last marks. */
  account(): { readonly wallet: number; readonly cash: number; readonly equity: number; readonly free: number }
  /** Why the engine could not take this, such as a price finer than its grid; `null`: it can. */
  whyNot(told: Told): string | null
  /** Close of the last bar of a symbol, and when it closed, UTC ms; `null` before the first. */
  lastClose(symbol: string): { readonly at: number; readonly price: number } | null
  /** Last instant that the engine has taken, UTC ms; 0 before the first. */
  readonly at: number
}
