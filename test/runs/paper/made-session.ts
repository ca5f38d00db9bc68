import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { PLAIN_EXECUTION } from '../../../src/core/execution.ts'
import type { ParityDocument } from '../../../src/core/parity.ts'
import type { Told } from '../../../src/core/told.ts'
import { codeHash } from '../../../src/runs/code-hash.ts'
import { loadStrategy } from '../../../src/runs/load-strategy.ts'
import { VERSION } from '../../../src/runs/package-info.ts'
import type { FeedFunding } from '../../../src/runs/paper/feed.ts'
import { type LiveInput, LiveRun } from '../../../src/runs/paper/live-run.ts'
import { parity } from '../../../src/runs/paper/parity.ts'
import { runOptions } from '../../../src/runs/paper/prepare-session.ts'
import { type SessionFile, warmUpOf, writeSession } from '../../../src/runs/paper/session-file.ts'
import { barOf, type JournalRecord } from '../../../src/runs/paper/session-record.ts'
import { settle } from '../../../src/runs/settings.ts'
import { ROOT, scratch } from '../../cli/klinelab.ts'
import { command } from '../../data/command.ts'
import { barsOf, HOUR, instrumentOf, marginOf } from '../../engine/scene.ts'

/** A market that nobody has data of, from a time on. */
export const SYMBOL = 'MADEUSDT'
export const FROM = Date.UTC(2023, 0, 1)
export const hour = (k: number) => FROM + k * HOUR

const SERIES = `binance-usdm:${SYMBOL}:1h`
/** Buys 2 at the close of the third bar and sells them at that of the seventh. */
const ONCE = `import { buy, defineStrategy, sell } from 'klinelab'
export default defineStrategy({
  name: 'once',
  onBar({ bar }) {
    const k = (bar.openTime - ${FROM}) / ${HOUR}
    if (k === 2) return buy({ qty: 2, id: 'in' })
    if (k === 6) return sell({ qty: 2, id: 'out', reduceOnly: true })
  },
})
`

/** Open = high = low = close, hour by hour. */
export const PRICES = [100, 100, 100, 101, 104, 104, 107, 110, 110, 110]

export type Made = Partial<Pick<SessionFile, 'fills' | 'params' | 'broker'>> & {
  readonly prices?: readonly (number | null)[]
  /** By hour: what is written after the bar that closes then; as a function it sees what the session has come to. */
  readonly after?:
    | Readonly<Record<number, readonly JournalRecord[]>>
    | ((k: number, run: LiveRun) => readonly (LiveInput & JournalRecord)[])
  /** By hour: rates that are told with its bar. */
  readonly funding?: Readonly<Record<number, readonly FeedFunding[]>>
  readonly strategy?: string
  /** Of the store as it is now; nothing is stored where absent. */
  readonly stored?: readonly number[]
  /** Hour, rate, mark of the stored rates. */
  readonly rates?: readonly (readonly [number, number, number])[]
  readonly isFunded?: boolean
}

/** A session as its process would have left it. */
export async function madeSession(made: Made): Promise<{ readonly dir: string; readonly store: string }> {
  const { fills = 'told', prices = PRICES, after = {}, strategy = ONCE, isFunded = false } = made
  const folder = scratch({ 'once.ts': strategy })
  const file = join(folder, 'once.ts')
  const [dir, store] = [join(folder, 'reports', 'paper', 'made'), join(folder, 'store')]
  mkdirSync(dir, { recursive: true })
  const bars = { ...barsOf([]), series: { venue: 'binance-usdm', symbol: SYMBOL, interval: '1h' } } as const
  const warm = { bars, marks: null }
  const session: SessionFile = {
    ...{ version: 1, session: '00000000', name: 'made', created: FROM, klinelab: VERSION },
    strategy: { name: 'once', file, code: codeHash(file).hash },
    ...{ params: {}, from: FROM, mode: { kind: 'live' }, broker: fills === 'told' ? 'demo' : 'local', fills },
    ...{ cash: 10_000, quote: 'USDT', limitTouch: false, risk: {}, models: [], asked: {} },
    execution: PLAIN_EXECUTION,
    safety: {
      ...{ maxLoss: null, maxRejected: null, stale: null, maxClockOffset: null },
      on: { 'loss-limit': 'none', 'rejected-burst': 'none', 'stale-data': 'none', 'clock-offset': 'none' },
    },
    slots: [
      {
        ...{ series: SERIES, priceDecimals: 2, instrument: instrumentOf({}, SYMBOL, 'perpetual'), isFunded },
        costs: { feeMaker: 0.0002, feeTaker: 0.0005, slippageBps: 0 },
        ...{ margin: marginOf(), markDecimals: null, warmup: warmUpOf(warm) },
      },
    ],
  }
  writeSession(dir, session, [warm])
  const digest = createHash('sha256')
    .update(readFileSync(join(dir, 'session.json')))
    .digest('hex')
  const records: JournalRecord[] = [{ kind: 'start', at: FROM, session: digest, warmup: [] }]
  const { strategy: loaded } = await loadStrategy(file)
  const run = new LiveRun(runOptions(session, loaded, [warm], [{}]))
  for (const [k, price] of prices.entries()) {
    const rates = made.funding?.[k]
    const row = [0, hour(k), price!, price!, price!, price!, 10]
    const record: JournalRecord = {
      kind: 'bars',
      at: hour(k + 1),
      how: 'live',
      bars: [row],
      ...(rates && { funding: rates }),
    }
    if (price !== null) records.push(record)
    if (typeof after !== 'function') records.push(...(after[k + 1] ?? []))
    else {
      run.take({ kind: 'bars', at: hour(k + 1), bars: [barOf(row)] })
      const more = after(k + 1, run)
      for (const one of more) run.take(one)
      records.push(...more)
    }
  }
  for (const record of records) {
    const json = JSON.stringify(record)
    appendFileSync(join(dir, 'journal.log'), `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`)
  }
  if (made.stored !== undefined) await storeBars(store, folder, made.stored)
  if (made.rates !== undefined) await storeRates(store, folder, made.rates)
  return { dir, store }
}

async function storeBars(store: string, folder: string, prices: readonly number[]): Promise<void> {
  const rows = prices.map((price, k) => [hour(k), price, price, price, price, 10].join(','))
  const csv = join(folder, 'bars.csv')
  appendFileSync(csv, `open_time,open,high,low,close,volume\n${rows.join('\n')}\n`)
  const { code, stderr } = await command(['data', 'import', csv, '--as', SERIES], store)
  if (code !== 0) throw new Error(stderr)
}

async function storeRates(store: string, folder: string, rates: NonNullable<Made['rates']>): Promise<void> {
  const csv = join(folder, 'rates.csv')
  appendFileSync(csv, `time,rate,mark\n${rates.map(([k, ...rest]) => [hour(k), ...rest].join(',')).join('\n')}\n`)
  const { code, stderr } = await command(['data', 'funding', csv, '--as', `binance-usdm:${SYMBOL}`], store)
  if (code !== 0) throw new Error(stderr)
}

export async function parityOf(made: Made): Promise<ParityDocument> {
  const { dir, store } = await madeSession(made)
  return parity(dir, settle({ store }, { config: {}, file: null }, {}, ROOT))
}

/** The exchange's word of an execution of an order, `late` ms after the close of the hour. */
export function filled(
  order: string,
  k: number,
  price: number,
  fee: number,
  { qty = 2, late = 120 } = {},
): JournalRecord {
  const told: Told = {
    ...{ kind: 'fill', symbol: SYMBOL, order, qty: String(qty), price: String(price), fee: String(fee) },
    ...{ liquidity: 'taker', at: hour(k) + late },
  }
  return { kind: 'told', told }
}
