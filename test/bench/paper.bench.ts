import { closeSync, existsSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Bars } from '../../src/core/bar.ts'
import { PLAIN_EXECUTION } from '../../src/core/execution.ts'
import type { Instrument } from '../../src/core/instrument.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { Strategy } from '../../src/engine/index.ts'
import { buy, close, defineStrategy, sma } from '../../src/index.ts'
import type { FeedBar } from '../../src/runs/paper/feed.ts'
import { InputQueue } from '../../src/runs/paper/input-queue.ts'
import { Journal } from '../../src/runs/paper/journal.ts'
import { LocalBroker } from '../../src/runs/paper/local-broker.ts'
import { type SessionFile, type WarmSlot, warmUpOf } from '../../src/runs/paper/session-file.ts'
import { type JournalRecord, rowOf } from '../../src/runs/paper/session-record.ts'
import { SessionState } from '../../src/runs/paper/session-state.ts'
import { Timings } from '../../src/runs/paper/timings.ts'
import type { Bench, BenchRow } from './bench.ts'
import { withFolder } from './process.ts'

const SYMBOLS = 20
const MINUTE = 60_000
const FROM = Date.UTC(2024, 0, 1)
/** 30 days of minutes. */
const MONTH = 43_200
const WARM = 960

/** A paper session of 20 symbols of 1m bars: from a bar to its orders, what the journal takes, and how long it takes to be taken up again. */
const bench: Bench = async () => {
  const memory = existsSync('/dev/shm') ? [await inMemory((dir) => latency(dir, true))] : []
  return [
    ...memory,
    await withFolder((dir) => latency(dir, false)),
    await withFolder(grouped),
    await withFolder(restarted),
  ]
}
export default bench

async function inMemory<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync('/dev/shm/klinelab-bench-')
  try {
    return await work(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** In and out again every few bars, on each of the symbols: some of them order at every instant. */
const STRATEGY = defineStrategy({
  name: 'busy',
  indicators: () => ({ fast: sma(5), slow: sma(20) }),
  onBar({ ind, position, bar }) {
    if (position.qty === 0 && ind.fast > ind.slow) return buy({ quote: 200, stopLoss: bar.close * 0.97 })
    if (position.qty > 0 && ind.fast < ind.slow) return close()
  },
}) as unknown as Strategy

function sessionFile(warm: readonly WarmSlot[]): SessionFile {
  const none = { 'loss-limit': 'none', 'rejected-burst': 'none', 'stale-data': 'none', 'clock-offset': 'none' } as const
  return {
    ...{ version: 1, session: '00000000', name: 'bench', created: 0, klinelab: '0', params: {}, from: FROM },
    strategy: { name: 'busy', file: 'busy.ts', code: '' },
    ...{ mode: { kind: 'live' }, broker: 'local', fills: 'bars', cash: 100_000, quote: 'USDT', limitTouch: false },
    ...{ execution: PLAIN_EXECUTION, risk: {}, models: [], asked: {} },
    safety: { maxLoss: null, maxRejected: null, stale: null, maxClockOffset: null, on: none },
    slots: warm.map((slot, k) => ({
      ...{ series: `binance:T${k}USDT:1m`, priceDecimals: 2, instrument: instrument(k), margin: null },
      costs: { feeMaker: 0.001, feeTaker: 0.001, slippageBps: 2, feeAsset: 'quote' },
      ...{ markDecimals: null, isFunded: false, warmup: warmUpOf(slot) },
    })),
  }
}

function instrument(k: number): Instrument {
  const filters = {
    price: { min: '0.01', max: '1000000', tick: '0.01' },
    lot: { min: '0.00001', max: '9000', step: '0.00001' },
    notSimulated: [],
  }
  return {
    ...{ venue: 'binance', symbol: `T${k}USDT`, base: `T${k}`, quote: 'USDT', kind: 'spot', gridFrom: 'zero' },
    snapshots: [{ validFrom: 0, filters, source: 'bench', orderTypes: ['LIMIT', 'MARKET', 'STOP_LOSS'] }],
  }
}

/** Walks of their own, drawn one bar after the other. */
class Market {
  readonly #random = seededRandom(7)
  readonly #price = new Float64Array(SYMBOLS).fill(100)

  bar(slot: number, openTime: number): FeedBar {
    const open = this.#price[slot]!
    const at = (share: number) => Math.max(1, Math.round(open * (1 + share) * 100) / 100)
    const closing = at((this.#random() - 0.5) * 0.01)
    const high = Math.max(open, closing, at(0.003))
    const low = Math.min(open, closing, at(-0.003))
    this.#price[slot] = closing
    return { slot, openTime, open, high, low, close: closing, volume: 1000 }
  }

  warm(): WarmSlot[] {
    return Array.from({ length: SYMBOLS }, (_, k): WarmSlot => {
      const rows = Array.from({ length: WARM }, (_, row) => this.bar(k, FROM + (row - WARM) * MINUTE))
      const column = (field: keyof Omit<FeedBar, 'mark' | 'slot'>) => Float64Array.from(rows, (row) => row[field])
      const bars: Bars = {
        ...{ series: { venue: 'binance', symbol: `T${k}USDT`, interval: '1m' }, length: WARM, priceDecimals: 2 },
        ...{ openTime: column('openTime'), open: column('open'), high: column('high'), low: column('low') },
        ...{ close: column('close'), volume: column('volume') },
      }
      return { bars, marks: null }
    })
  }

  instant(row: number): JournalRecord {
    const openTime = FROM + row * MINUTE
    const bars = Array.from({ length: SYMBOLS }, (_, k) => rowOf(this.bar(k, openTime)))
    return { kind: 'bars', at: openTime + MINUTE, how: 'live', bars }
  }
}

async function latency(dir: string, isMemory: boolean): Promise<BenchRow> {
  const market = new Market()
  const warm = market.warm()
  const state = new SessionState(sessionFile(warm), STRATEGY, warm, [])
  const journal = await Journal.open(join(dir, 'journal.log'), () => undefined)
  const broker = new LocalBroker()
  const instants = 3000
  const measured = async (from: number, to: number, timings: Timings) => {
    const queue = new InputQueue(journal, state, timings, () => broker.handle())
    for (let row = from; row < to; row++) {
      const record = market.instant(row)
      await queue.put(record, performance.now())
      // bars come apart from one another
      if (row % 10 === 0) await wait(1)
    }
  }
  await measured(0, 500, new Timings())
  const timings = new Timings()
  await measured(500, instants, timings)
  await journal.close()
  const { total, journal: disk, engine } = timings.figures()
  if (total.count < 1000) throw new Error(`only ${total.count} instants had orders`)
  const ms = (us: number) => `${(us / 1000).toFixed(2)} ms`
  const own = `the engine's own time: ${ms(engine.p50)} and ${ms(engine.p99)}; until it is on the disk: ${ms(disk.p50)} and ${ms(disk.p99)}`
  const raw = isMemory ? '' : `; an fdatasync of this disk by itself: ${rawSync(dir)}`
  return {
    name: `bar received → order sent, ${SYMBOLS} symbols, journal ${isMemory ? 'in memory' : 'on this disk'}, 99 % within`,
    value: total.p99 / 1000,
    unit: ' ms',
    // what the disk takes nobody can take back: an input acts when it is on it
    must: isMemory ? 5 : null,
    aim: isMemory ? 1 : 5,
    better: 'lower',
    detail: `${total.count} instants with orders, median ${ms(total.p50)}; ${own}${raw}`,
  }
}

/** Median and 99th percentile of what the disk takes for a record like ours, with nobody else at work. */
function rawSync(dir: string): string {
  const handle = openSync(join(dir, 'raw'), 'w')
  const bytes = Buffer.alloc(1500, 'x')
  const times = Array.from({ length: 500 }, () => {
    const start = performance.now()
    writeSync(handle, bytes)
    fdatasyncSync(handle)
    return performance.now() - start
  }).sort((a, b) => a - b)
  closeSync(handle)
  return `${times[250]!.toFixed(2)} ms and ${times[495]!.toFixed(2)} ms`
}

async function grouped(dir: string): Promise<BenchRow> {
  const journal = await Journal.open(join(dir, 'journal.log'), () => undefined)
  const record = new Market().instant(0)
  const all = 20_000
  // 64 who each wait for their record before they write the next
  const writer = async (count: number) => {
    for (let k = 0; k < count; k++) {
      journal.write(record)
      await journal.flush()
    }
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: 64 }, () => writer(Math.ceil(all / 64))))
  const seconds = (performance.now() - start) / 1000
  await journal.close()
  return {
    name: 'durable records a second, 64 writers that wait for each of theirs',
    value: journal.records / seconds,
    unit: '/s',
    must: 5000,
    aim: null,
    better: 'higher',
    detail: `${journal.records} records of ${JSON.stringify(record).length} bytes in ${seconds.toFixed(2)} s; an fdatasync of this disk by itself: ${rawSync(dir)}`,
  }
}

async function restarted(dir: string): Promise<BenchRow> {
  const market = new Market()
  const warm = market.warm()
  const file = join(dir, 'journal.log')
  const written = await Journal.open(file, () => undefined)
  for (let row = 0; row < MONTH; row++) {
    written.write(market.instant(row))
    if (row % 500 === 0) await written.flush()
  }
  await written.close()
  const before = process.memoryUsage().rss
  const start = performance.now()
  const state = new SessionState(sessionFile(warm), STRATEGY, warm, [])
  const journal = await Journal.open(file, (record) => void state.take(record as JournalRecord))
  const seconds = (performance.now() - start) / 1000
  await journal.close()
  const { fills } = state.result()
  const grown = (process.memoryUsage().rss - before) / 1e6
  return {
    name: `taken up again from 30 days × ${SYMBOLS} symbols × 1m`,
    value: seconds,
    unit: ' s',
    must: 10,
    aim: 5,
    better: 'lower',
    detail: `${MONTH} instants, ${(MONTH * SYMBOLS) / 1000} thousand bars, ${fills.length} fills; memory grew by ${grown.toFixed(0)} MB with them`,
  }
}
