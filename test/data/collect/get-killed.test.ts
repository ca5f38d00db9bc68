import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { parseSeries, type Series } from '../../../src/core/series.ts'
import { certify, openStore } from '../../../src/data/index.ts'
import { ROOT, scratch } from '../../cli/klinelab.ts'
import { Truth } from '../../servers/truth.ts'
import { startVenueServer, type VenueServer } from '../../servers/venue-server.ts'
import { ALL_WELL, heldToTruth } from './held-to-truth.ts'

const MINUTE = 60_000
/** `npm run soak` kills as often as 200 times, at other instants each time. */
const { KLINELAB_SEED: asked } = process.env
const KILLS = asked === 'random' ? 200 : 8
const SEED = asked === 'random' ? Date.now() : 77

/** As many stores side by side as there are cores. */
const LANES = 2
const NAMES = ['binance-usdm:BTCUSDT:1m', 'coinbase:BTC-USD:1m', 'kraken:XBTUSD:1m', 'kucoin:ETH-USDT:1m']
/** Comes along with the first. */
const MARKS = 'binance-usdm:BTCUSDT@mark:1m'

/** Kraken hands out the last twelve hours: a store grows to the full hour from eleven hours before it. */
const END = Math.floor(Date.now() / 3_600_000) * 3_600_000
const FROM = END - 660 * MINUTE

test(`${KILLS} times kill -9 while history is fetched: nothing is lost, nothing doubled (seed ${SEED})`, async () => {
  const lanes = Array.from({ length: LANES }, (_, lane) =>
    killedAgainAndAgain(KILLS / LANES, seededRandom(SEED + lane)),
  )
  const fates = (await Promise.all(lanes)).flat()
  expect(fates).toHaveLength(KILLS)
  // most died at work, some of them with a part of it done
  expect(fates.filter(({ signal }) => signal === 'SIGKILL').length).toBeGreaterThan(KILLS / 2)
  expect(new Set(fates.map(({ grown }) => grown)).size, JSON.stringify(fates)).toBeGreaterThan(1)
}, 1_200_000)

interface Fate {
  readonly signal: string | null
  /** How many of the series have grown in spite of it. */
  readonly grown: number
}

/** One store, for which ever more is asked; looked over after each death, and filled up in the end. */
async function killedAgainAndAgain(times: number, random: () => number): Promise<readonly Fate[]> {
  // without an outage, since one at the end of what is asked for is a matter of time; with quiet buckets
  const truth = new Truth({ seed: SEED, quietEvery: 9 })
  const server = await startVenueServer({ truth, now: Date.now, latency: 10 })
  const dir = join(scratch(), 'store')
  const toOf = (kill: number) => FROM + Math.round(((kill + 1) / (times + 1)) * 660) * MINUTE
  try {
    const life = await wholeLife(server, dir, toOf(0))
    await expectWhole(dir, truth, toOf(0))
    const fates: Fate[] = []
    for (let kill = 1; kill <= times; kill++) {
      const before = await endsOf(dir)
      // one in each quarter of a life: chance alone can have all of a few die before anything is stored
      const signal = await killed(server, dir, toOf(kill), (((kill % 4) + random()) / 4) * life)
      const after = await expectTrue(dir, truth, before)
      fates.push({ signal, grown: [...after].filter(([name, to]) => to > before.get(name)!).length })
    }
    const { code, said } = await ended(get(server, dir, END))
    expect({ code, said }).toEqual({ code: 0, said: expect.anything() })
    await expectWhole(dir, truth, END)
    return fates
  } finally {
    await server.close()
  }
}

function get(server: VenueServer, dir: string, to: number): ChildProcess {
  const range = ['--from', new Date(FROM).toISOString(), '--to', new Date(to).toISOString()]
  const urls = ['BINANCE_USDM', 'COINBASE', 'KRAKEN', 'KUCOIN'].map((venue) => [`KLINELAB_URL_${venue}`, server.origin])
  const main = join(ROOT, 'src', 'cli', 'main.ts')
  return spawn(process.execPath, [main, 'data', 'get', ...NAMES, ...range, '--store', dir, '--json'], {
    cwd: scratch(),
    env: { ...process.env, ...Object.fromEntries(urls) },
  })
}

function ended(child: ChildProcess): Promise<{ code: number | null; signal: string | null; said: string }> {
  let said = ''
  child.stdout!.on('data', (part) => (said += part))
  child.stderr!.on('data', (part) => (said += part))
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, said })))
}

/** When the first request comes. */
function awake(server: VenueServer): Promise<void> {
  return new Promise((resolve) => {
    server.fault = () => {
      resolve()
      return null
    }
  })
}

/** ms from the first request to the end, when nobody is killed. */
async function wholeLife(server: VenueServer, dir: string, to: number): Promise<number> {
  const first = awake(server)
  const done = ended(get(server, dir, to))
  await first
  const begun = Date.now()
  const { code, said } = await done
  expect({ code, said }).toEqual({ code: 0, said: expect.anything() })
  return Date.now() - begun
}

async function killed(server: VenueServer, dir: string, to: number, after: number): Promise<string | null> {
  const first = awake(server)
  const child = get(server, dir, to)
  const done = ended(child)
  await Promise.race([first, done])
  await sleep(after)
  child.kill('SIGKILL')
  return (await done).signal
}

const ALL: readonly Series[] = [...NAMES, MARKS].map(parseSeries)

async function endsOf(dir: string): Promise<Map<Series, number>> {
  const store = await openStore(dir)
  return new Map(
    await Promise.all(ALL.map(async (series) => [series, (await store.manifest(series))?.to ?? FROM] as const)),
  )
}

/** Whatever is in the store is true and whole, and there is no less of it than before. */
async function expectTrue(dir: string, truth: Truth, before: Map<Series, number>): Promise<Map<Series, number>> {
  const after = await endsOf(dir)
  const store = await openStore(dir)
  for (const [series, to] of after) {
    expect(to).toBeGreaterThanOrEqual(before.get(series)!)
    expect((await certify(store, series)).faults).toEqual([])
    expect(await heldToTruth(store, series, truth, { from: FROM, to })).toEqual(ALL_WELL)
  }
  return after
}

async function expectWhole(dir: string, truth: Truth, to: number): Promise<void> {
  const store = await openStore(dir)
  for (const series of ALL) {
    expect(await heldToTruth(store, series, truth, { from: FROM, to })).toEqual(ALL_WELL)
    expect((await certify(store, series)).faults).toEqual([])
  }
}
