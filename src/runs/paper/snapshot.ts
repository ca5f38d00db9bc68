import type { Fill } from '../../core/fill.ts'
import type { OrderView } from '../../core/order.ts'
import type { OpenTrade, Trade } from '../../core/trade.ts'
import type { KnownAlarm } from './alarm.ts'
import type { DriftReport } from './drift-report.ts'
import type { SessionFile } from './session-file.ts'
import type { WaitingChampion } from './session-models.ts'
import type { SessionState } from './session-state.ts'
import type { Timing, TimingFigures } from './timings.ts'
import type { Waiting } from './waiting.ts'

/** `halted` trades go on to be closed, and none is opened. `ended`: a replay is over; `stopped`: it can go on; `failed`: it stopped by a fault. */
export type PaperPhase = 'warming' | 'running' | 'halted' | 'stopped' | 'ended' | 'failed'

/** What a dashboard and `paper status` show. Times are UTC ms, amounts in the quote asset. */
export interface PaperSnapshot {
  readonly session: string
  readonly name: string
  readonly strategy: string
  readonly params: SessionFile['params']
  readonly broker: string
  readonly mode: 'live' | 'replay'
  readonly state: PaperPhase
  /** When its process took it up, wall clock. */
  readonly since: number
  /** What it waits for; `null` while bars come, and where it does not run. Sessions of before have none. */
  readonly waiting: Waiting | null
  /** The last instant that was taken; `null` before the first. */
  readonly at: number | null
  /** `lastBar`: open time of the newest; `delayMs`: from its close until it was heard, `null` of replays and at a simulated exchange. */
  readonly series: readonly {
    readonly name: string
    readonly lastBar: number | null
    readonly delayMs: number | null
  }[]
  readonly quote: string
  readonly equity: number
  readonly startEquity: number
  readonly cash: number
  readonly position: readonly {
    readonly symbol: string
    readonly qty: number
    readonly entryPrice: number
    readonly lastPrice: number | null
  }[]
  readonly openOrders: readonly OrderView[]
  /** The newest ones. */
  readonly fills: readonly Fill[]
  readonly trades: readonly Trade[]
  readonly openTrades: readonly OpenTrade[]
  /** The newest ones, and all that stand. */
  readonly alarms: readonly KnownAlarm[]
  /** How it does beside its backtest and its models' training, as of the last day that has closed; `null` before the first. */
  readonly drift: DriftReport | null
  readonly counters: {
    readonly bars: number
    readonly fills: number
    readonly trades: number
    readonly rejected: number
    readonly reconnects: number
    readonly journalRecords: number
    readonly alarms: number
    /** Of them, those that stand. */
    readonly standing: number
  }
  /** What is to be known of the rules that it keeps to. */
  readonly remarks: readonly string[]
  /** Newer champions of its models, as of the last day that has closed: it goes on without them. */
  readonly champions: readonly WaitingChampion[]
  /** Why orders were refused, the commonest reason; `null` where none was. */
  readonly refusedFor: string | null
  /** µs. */
  readonly timings: Readonly<Record<Timing, TimingFigures>>
}

/** Newest fills and trades, and newest alarms. */
const [FILLS, ALARMS] = [100, 50]

/** What of a snapshot the session's process knows beside its state. */
export type Beside = Pick<
  PaperSnapshot,
  'state' | 'since' | 'waiting' | 'timings' | 'drift' | 'remarks' | 'champions'
> & {
  readonly delays: readonly (number | null)[]
  readonly alarms: readonly KnownAlarm[]
  readonly reconnects: number
  readonly journalRecords: number
}

export function snapshotOf(file: SessionFile, state: SessionState, beside: Beside): PaperSnapshot {
  const { run, counters, lastBars } = state
  const { fills, trades, openTrades, startEquity } = state.result()
  const { wallet, equity } = run.account()
  const symbols = file.slots.map(({ instrument }) => instrument.symbol)
  return {
    ...{ session: file.session, name: file.name, strategy: file.strategy.name, params: file.params },
    ...{ broker: file.broker, mode: file.mode.kind, state: beside.state, since: beside.since },
    waiting: beside.waiting,
    at: run.at > 0 ? run.at : null,
    series: file.slots.map(({ series }, k) => ({ name: series, lastBar: lastBars[k]!, delayMs: beside.delays[k]! })),
    ...{ quote: file.quote, equity, startEquity, cash: wallet },
    position: symbols.flatMap((symbol) => {
      const { qty, entryPrice } = run.positionOf(symbol)
      return qty === 0 ? [] : [{ symbol, qty, entryPrice, lastPrice: run.lastClose(symbol)?.price ?? null }]
    }),
    openOrders: run.openOrders(),
    ...{ fills: fills.slice(-FILLS), trades: trades.slice(-FILLS), openTrades },
    alarms: beside.alarms.filter((alarm, k, { length }) => k >= length - ALARMS || alarm.ended === null),
    counters: {
      ...counters,
      trades: trades.length,
      reconnects: beside.reconnects,
      journalRecords: beside.journalRecords,
      alarms: beside.alarms.length,
      standing: beside.alarms.filter(({ ended }) => ended === null).length,
    },
    refusedFor: commonest(run.events.flatMap((event) => (event.type === 'rejected' ? [event.reason] : []))),
    ...{ drift: beside.drift, timings: beside.timings, remarks: beside.remarks },
    champions: beside.champions,
  }
}

function commonest(reasons: readonly string[]): string | null {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null
}
