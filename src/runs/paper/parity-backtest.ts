import type { Bars } from '../../core/bar.ts'
import { POW10 } from '../../core/decimal.ts'
import type { FundingColumns } from '../../core/leverage.ts'
import { ledgerFor } from '../../core/money.ts'
import type { Predictions } from '../../core/predictor.ts'
import type { EngineResult } from '../../core/run.ts'
import type { Strategy } from '../../engine/index.ts'
import { LiveModel } from '../../models/live-model.ts'
import { fillsCsv } from '../../tables/fills-csv.ts'
import { tradesCsv } from '../../tables/trades-csv.ts'
import { averageOf } from '../average-price.ts'
import { type SimulateSlot, simulate } from '../simulate.ts'
import type { FeedFunding } from './feed.ts'
import { LiveRun } from './live-run.ts'
import type { PreparedSession } from './paper-request.ts'
import { barsFrom, type Rows } from './parity-rows.ts'
import type { PlayedCommand, PlayedInstant, RecordedSession } from './parity-session.ts'
import { runOptions } from './prepare-session.ts'

/** What a backtest of a session goes by. */
export interface Given {
  readonly rows: readonly Rows[]
  /** By slot; `null`: none is charged. */
  readonly funding: readonly (readonly FeedFunding[] | null)[]
}

/** Backtests of a session: its strategy, rules, costs and cash, on bars and rates that are given. */
export class SessionBacktests {
  readonly #recorded: RecordedSession
  readonly #strategy: Strategy
  readonly #beside: PreparedSession['beside']

  constructor(recorded: RecordedSession, strategy: Strategy, beside: PreparedSession['beside']) {
    this.#recorded = recorded
    this.#strategy = strategy
    this.#beside = beside
  }

  /** As `klinelab backtest` runs it. */
  simulated({ rows, funding }: Given): EngineResult {
    const { file, warm } = this.#recorded
    const { params, cash, limitTouch, execution, risk, from } = file
    const slots = file.slots.map((slot, k): SimulateSlot => {
      const { bars, marks } = barsFrom(slot, rows[k]!, warm[k]!)
      const { minutes = null, models } = this.#beside[k]!
      const average = minutes ?? (bars.series.interval === '1m' ? bars : null)
      return {
        ...{ instrument: slot.instrument, bars, marks, costs: slot.costs, margin: slot.margin },
        ...(models !== undefined && { models: foretold(models, bars, from) }),
        referenceAt: average === null || !isAveraged(slot.instrument) ? null : averageOf(bars, average),
        funding: funding[k] == null ? null : columnsOf(funding[k]),
      }
    })
    const options = { strategy: this.#strategy, params, cash, limitTouch, execution, risk, from, slots }
    return simulate({ ...options, closeAtEnd: false }).result
  }

  /** Bar by bar, with what the session was told to do: no backtest can be halted by hand. */
  commanded(
    instants: readonly PlayedInstant[],
    funding: Given['funding'] | 'as told',
    commands: readonly PlayedCommand[],
  ): EngineResult {
    const { file, warm } = this.#recorded
    const isFunded = file.slots.map((slot, k) => (funding === 'as told' ? slot.isFunded : funding[k] !== null))
    const slots = file.slots.map((slot, k) => ({ ...slot, isFunded: isFunded[k]! }))
    const run = new LiveRun(runOptions({ ...file, slots, fills: 'bars' }, this.#strategy, warm, this.#beside))
    const due = funding === 'as told' ? null : funding.map((rates) => [...(rates ?? [])])
    for (const [k, { at, bars, funding: told }] of instants.entries()) {
      for (const one of commands) if (one.after === k) run.take({ kind: 'command', ...one })
      const rates = due === null ? told : bars.flatMap(({ slot }) => dueBefore(due[slot]!, at))
      for (const one of rates) run.take({ kind: 'funding', ...one })
      run.take({ kind: 'bars', at, bars })
    }
    for (const one of commands) if (one.after === instants.length) run.take({ kind: 'command', ...one })
    return run.finish()
  }
}

/** Takes those that fell due out of the list. */
function dueBefore(rates: FeedFunding[], at: number): FeedFunding[] {
  const count = rates.findIndex(({ time }) => time >= at)
  return rates.splice(0, count < 0 ? rates.length : count)
}

function isAveraged({ kind, snapshots }: SimulateSlot['instrument']): boolean {
  const minutes = snapshots.map(
    ({ filters }) => (filters.percentPriceBySide ?? filters.percentPrice)?.avgPriceMins ?? 0,
  )
  return kind === 'spot' && Math.max(...minutes) > 0
}

function columnsOf(rates: readonly FeedFunding[]): FundingColumns {
  return {
    time: Float64Array.from(rates, ({ time }) => time),
    rate: Float64Array.from(rates, ({ rate }) => rate),
    mark: Float64Array.from(rates, ({ mark }) => mark ?? Number.NaN),
  }
}

/** What the session's models say of bars, one after the other; of those before it nobody asks. */
function foretold(
  models: NonNullable<PreparedSession['beside'][number]['models']>,
  bars: Bars,
  from: number,
): Predictions {
  const said = Object.entries(models).map(([name, options]) => {
    const model = new LiveModel(options, bars.priceDecimals)
    const columns = model.outputs.map(() => new Float64Array(bars.length).fill(Number.NaN))
    for (let row = 0; row < bars.length; row++) {
      if (bars.openTime[row]! < from) continue
      const { openTime, open, high, low, close, volume } = bars
      const prices = { open: open[row]!, high: high[row]!, low: low[row]!, close: close[row]! }
      const values = model.next({ openTime: openTime[row]!, ...prices, volume: volume[row]! })
      for (const [k, column] of columns.entries()) column[row] = values[k]!
    }
    return [name, Object.fromEntries(model.outputs.map((output, k) => [output, columns[k]!]))]
  })
  return Object.fromEntries(said)
}

/** What it came to, in units of the session's ledger. */
export function netUnits({ startEquity, endEquity }: EngineResult, cash: number): number {
  const scale = POW10[ledgerFor(cash).decimals]!
  return Math.round(endEquity * scale) - Math.round(startEquity * scale)
}

const COLUMNS = ['time', 'equity', 'cash', 'exposure'] as const

/** What of two results is not the same to the last byte, by the name of its file. */
export function differingFiles(a: EngineResult, b: EngineResult): string[] {
  const bytes = ({ equity }: EngineResult) =>
    COLUMNS.map((name) => Buffer.from(equity[name].slice().buffer).toString('base64')).join()
  const lines = ({ events }: EngineResult) => JSON.stringify(events)
  const pairs: readonly (readonly [string, (of: EngineResult) => string])[] = [
    ['fills', ({ fills }) => fillsCsv(fills)],
    ['trades', ({ trades }) => tradesCsv(trades)],
    ['events', lines],
    ['equity', bytes],
  ]
  return pairs.filter(([, of]) => of(a) !== of(b)).map(([name]) => name)
}
