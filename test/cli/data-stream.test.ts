import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { barsBetween, closeTimeOf, openTimeOf } from '../../src/core/interval.ts'
import { seededRandom } from '../../src/core/random.ts'
import { parseSeries, type Series, seriesName } from '../../src/core/series.ts'
import { foldLeft, Tail } from '../../src/data/collect/tail.ts'
import { openStore } from '../../src/data/index.ts'
import { type SocketServer, startSocketServer, until } from '../data/stream/socket-server.ts'
import { startVenueServer, type VenueServer } from '../servers/venue-server.ts'
import { klinelab, ROOT, scratch } from './klinelab.ts'

const MAIN = join(ROOT, 'src', 'cli', 'main.ts')
const SERIES = parseSeries('binance:BTCUSDT:1m')
const MINUTE = 60_000
const DAY = 1440 * MINUTE
/** `npm run soak` asks for more. */
const isSoaked = process.env['KLINELAB_SEED'] === 'random'
const [KILLS, SEED] = isSoaked ? [200, Date.now()] : [3, 20_261_126]
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

interface Told {
  readonly kind: string
  readonly series: string
  readonly openTime: number
  readonly close: string
  readonly from: string
}

/**
 * A venue whose bars of some time ago are pushed one after another, as fast as the test wants: what was pushed has ended there, and REST
 * has it too.
 */
class Venue {
  readonly dir = join(scratch(), 'store')
  /** Open time of the bar that is pushed next. */
  cursor: number
  readonly first: number
  readonly all: readonly Series[]
  rest!: VenueServer
  sockets!: SocketServer

  constructor(first = openTimeOf(Date.now(), '1m') - 400 * MINUTE, all: readonly Series[] = [SERIES]) {
    this.first = this.cursor = first
    this.all = all
  }

  async start(): Promise<this> {
    this.rest = await startVenueServer({ now: () => this.cursor })
    this.sockets = await startSocketServer({
      onMessage: ({ id }, socket) => socket.send(JSON.stringify({ result: null, id })),
    })
    ends.push(this.rest.close, this.sockets.close)
    const store = await openStore(this.dir)
    for (const series of this.all) {
      const tail = await Tail.open(store, series)
      tail.append(this.#bar(series, openTimeOf(this.first - 1, series.interval)), this.first)
      await tail.fold()
      await tail.close()
    }
    return this
  }

  push(count = 1): void {
    for (let k = 0; k < count; k++) {
      const openTime = this.cursor
      this.cursor = closeTimeOf(openTime, this.all[0]!.interval)
      for (const series of this.all) this.#send(series, openTime)
    }
  }

  #send(series: Series, openTime: number): void {
    const { symbol: s, interval: i } = series
    const bar = this.#bar(series, openTime)
    const [o, h, l, c] = [bar.open, bar.high, bar.low, bar.close]
    const rest = { v: bar.volume, q: bar.quoteVolume, n: bar.trades, V: bar.takerBase, Q: bar.takerQuote }
    const k = { t: openTime, T: this.cursor - 1, s, i, o, h, l, c, ...rest, x: true }
    this.sockets.send({ stream: `${s.toLowerCase()}@kline_${i}`, data: { e: 'kline', E: Date.now(), s, k } })
  }

  #bar(series: Series, openTime: number) {
    return this.rest.truth.texts(series, openTime, openTime + 1)[0]!
  }

  /** Files of that name in the folders of its series. */
  files(name: string): string[] {
    return this.all
      .map(({ symbol, interval }) => join(this.dir, 'binance', symbol, interval, name))
      .filter((file) => existsSync(file))
  }

  stream(...flags: string[]): Streaming {
    const env = { KLINELAB_URL_BINANCE: this.rest.origin, KLINELAB_WS_BINANCE: this.sockets.origin }
    return new Streaming(['data', 'stream', ...this.all.map(seriesName), '--store', this.dir, ...flags], env)
  }

  /** What is in the store, once what a killed process left has been folded. */
  async #stored(series: Series): Promise<{ readonly times: number[]; readonly closes: number[] }> {
    const store = await openStore(this.dir)
    await foldLeft(store, series)
    const { openTime, close } = await store.load(series)
    return { times: [...openTime], closes: [...close] }
  }

  /** Every bar from the beginning to the newest that was told is stored, once, as it really was. */
  async check(told: readonly Told[]): Promise<void> {
    for (const series of this.all) {
      const { times, closes } = await this.#stored(series)
      const truth = this.rest.truth.texts(series, openTimeOf(this.first - 1, series.interval), times.at(-1)! + 1)
      expect(times).toEqual(truth.map(({ openTime }) => openTime))
      expect(closes).toEqual(truth.map(({ close }) => Number(close)))
      const own = told.filter((bar) => bar.series === seriesName(series))
      for (const { openTime } of own) expect(times).toContain(openTime)
    }
  }
}

class Streaming {
  readonly #child: ChildProcess
  #stdout = ''
  stderr = ''
  code: number | string | null | undefined

  constructor(args: readonly string[], env: Record<string, string>) {
    this.#child = spawn(process.execPath, [MAIN, ...args], { cwd: ROOT, env: { ...process.env, ...env } })
    this.#child.stdout!.on('data', (part) => {
      this.#stdout += part
    })
    this.#child.stderr!.on('data', (part) => {
      this.stderr += part
    })
    this.#child.on('close', (code, signal) => {
      this.code = signal ?? code
    })
    ends.push(() => this.#child.kill('SIGKILL'))
  }

  /** Whole lines only: the last one may have been cut by its death. */
  get lines(): string[] {
    return this.#stdout.split('\n').slice(0, -1)
  }

  get bars(): Told[] {
    return this.lines.map((line) => JSON.parse(line) as Told).filter(({ kind }) => kind === 'bar')
  }

  /** What it says is not read any more. */
  stall(): void {
    this.#child.stdout!.pause()
  }

  async end(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<this> {
    this.#child.kill(signal)
    await until(() => this.code !== undefined, signal)
    return this
  }
}

test('bars are told and stored as they come, missed ones first, and Ctrl-C leaves nothing to be folded', async () => {
  const venue = await new Venue().start()
  // what passed since the last stored bar
  venue.cursor = venue.first + 5 * MINUTE
  const streaming = venue.stream('--json')
  await until(() => streaming.bars.length === 5)
  await until(() => venue.sockets.said.length === 1)
  venue.push(3)
  await until(() => streaming.bars.length === 8)
  venue.sockets.drop()
  venue.cursor += 2 * MINUTE
  await until(() => venue.sockets.said.length === 2)
  venue.push(1)
  await until(() => streaming.bars.length === 11)
  expect(venue.files('tail.csv')).toHaveLength(1)
  const { code, stderr, lines, bars } = await streaming.end('SIGINT')
  expect(code).toBe(130)
  expect(bars.map(({ from }) => from)).toEqual([
    'rest',
    'rest',
    'rest',
    'rest',
    'rest',
    'stream',
    'stream',
    'stream',
    'rest',
    'rest',
    'stream',
  ])
  expect(lines.map((line) => (JSON.parse(line) as Told).kind).filter((kind) => kind !== 'bar')).toEqual([
    ...['connected', 'disconnected', 'connected'],
  ])
  expect(stderr).toMatch(/^\S+Z binance {2}disconnected: the connection was lost\n$/)
  expect(venue.files('tail.csv')).toEqual([])
  await venue.check(bars)
  const [sixth] = venue.rest.truth.texts(SERIES, venue.first + 5 * MINUTE, venue.first + 6 * MINUTE)
  expect(JSON.parse(lines.find((line) => line.includes('"stream"'))!)).toEqual({
    ...{ kind: 'bar', series: 'binance:BTCUSDT:1m', ...sixth, mark: null, from: 'stream' },
  })
})

test('a reader that stands still holds up neither the store nor the alarms, and is told of', async () => {
  const venue = await new Venue(openTimeOf(Date.now(), '1m') - 6_000 * MINUTE).start()
  const streaming = venue.stream('--json')
  await until(() => venue.sockets.said.length === 1)
  venue.push(1)
  await until(() => streaming.bars.length === 1)
  streaming.stall()
  const count = () => readFileSync(venue.files('tail.csv')[0]!, 'utf8').split('\n').length - 2
  for (let k = 1; k < 5_500; k += 500) {
    venue.push(500)
    await until(() => count() === k + 500)
  }
  venue.sockets.drop()
  await until(() => streaming.stderr.includes('disconnected'))
  expect(streaming.stderr).toMatch(
    /^\S+Z 1 MB of lines wait in memory: whoever reads them is slow; what they say is stored\n/,
  )
  expect(streaming.bars).toHaveLength(1)
  await streaming.end('SIGKILL')
  await venue.check([])
}, 30_000)

test('SIGTERM ends a service well', async () => {
  const venue = await new Venue().start()
  const streaming = venue.stream()
  await until(() => venue.sockets.said.length === 1)
  venue.push(1)
  await until(() => streaming.lines.length === 2)
  const { code, lines } = await streaming.end('SIGTERM')
  expect(code).toBe(0)
  const [bar] = venue.rest.truth.texts(SERIES, venue.first, venue.first + MINUTE)
  expect(lines[0]).toBe('binance  connected')
  expect(lines[1]).toContain(`${bar!.open} ${bar!.high} ${bar!.low} ${bar!.close}  ${bar!.volume}`)
  await venue.check([])
})

test(
  `killed ${KILLS} times, a stream has lost nothing that it told, and nothing is doubled (seed ${SEED})`,
  async () => {
    // days, so that tails reach over the ends of months
    const all = ['binance:BTCUSDT:1d', 'binance:ETHUSDT:1d'].map(parseSeries)
    const today = new Date()
    const first = Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - Math.ceil(KILLS / 3) - 2, 20)
    const venue = await new Venue(first, all).start()
    const random = seededRandom(SEED)
    const told: Told[] = []
    let [inFold, across] = [0, 0]
    for (let kill = 0; kill < KILLS; kill++) {
      const before = venue.sockets.said.length
      const streaming = venue.stream('--json')
      const turn = kill % 3
      // while it folds what the last one left: two months of each series, one after the other
      if (turn === 2) {
        const isFolding = () => venue.files('tail.folding.csv').length > 0
        await until(() => isFolding() || venue.sockets.said.length > before, 'a fold')
        await new Promise((resolve) => setTimeout(resolve, random() * 150))
      } else {
        await until(() => venue.sockets.said.length > before)
        const { cursor } = venue
        const nextMonth = openTimeOf(closeTimeOf(openTimeOf(cursor, '1M'), '1M'), '1d')
        const to = turn === 1 ? nextMonth + Math.floor(random() * 3) * DAY : cursor + Math.floor(random() * 8) * DAY
        while (venue.cursor <= to) {
          venue.push()
          await new Promise((resolve) => setTimeout(resolve, random() * 6))
        }
        // of the life that leaves the tail the bars of both months are waited for
        await until(() => streaming.bars.length >= (turn === 1 ? 2 * barsBetween(cursor, venue.cursor, '1d') : 1))
      }
      const { bars } = await streaming.end('SIGKILL')
      for (const series of all) {
        const own = bars.filter((bar) => bar.series === seriesName(series))
        expect(own.map(({ openTime }) => openTime)).toEqual(own.map((_, k) => own[0]!.openTime + k * DAY))
      }
      told.push(...bars)
      if (turn === 2 && venue.files('tail.folding.csv').length > 0) inFold++
      // what the second one leaves is there for the third one to fold
      if (turn === 1) across += venue.files('tail.csv').length
      else await venue.check(bars)
    }
    expect(told.length).toBeGreaterThan(KILLS / 2)
    // both series were left a tail each time; in a few kills none may have hit its fold
    expect(across).toBe(2 * Math.floor((KILLS + 1) / 3))
    if (KILLS > 100) expect(inFold).toBeGreaterThan(KILLS / 20)
    await venue.check(told)
  },
  20_000 + KILLS * 4_000,
)

test('a series that is none, or an interval that the venue has not got, is refused before anything is opened', () => {
  const none = klinelab(['data', 'stream', 'binance:BTCUSDT:7m'])
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('unknown interval "7m"')])
  const [wrong, dir] = ['coinbase:BTC-USD:3m', scratch()]
  const other = klinelab(['data', 'stream', wrong, '--store', dir])
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('coinbase has no such bars; it has 1m 5m')])
})
