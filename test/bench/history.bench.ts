import { fork, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseSeries } from '../../src/core/series.ts'
import { fetchBars } from '../../src/data/collect/fetch-bars.ts'
import { type BarsGot, getBars } from '../../src/data/collect/get-bars.ts'
import { openVenueHttp } from '../../src/data/http/venue-http.ts'
import { openStore } from '../../src/data/index.ts'
import { BINANCE } from '../../src/data/venues/binance.ts'
import type { VenueApi, VenueHttp } from '../../src/data/venues/venue.ts'
import { HOME } from '../../src/runs/package-info.ts'
import type { Bench, BenchRow } from './bench.ts'
import { pageText } from './history-pages.ts'
import { median, repeated, withFolder } from './process.ts'

const MINUTE = 60_000
const LATENCY = 30
const ROWS = 1_306_000
const FEW = 306_000
const FROM = Date.UTC(2022, 0, 1)
const MINUTES = parseSeries('binance:BTCUSDT:1m')

const bench: Bench = async () => {
  const server = fork(join(import.meta.dirname, 'history-server.ts'))
  try {
    const port = await new Promise((resolve) => server.once('message', resolve))
    const origin = `http://127.0.0.1:${port}`
    return [
      ...[await unlimited(origin), await limited(origin), await readAndStored()],
      ...[...(await stored(origin)), await fromArchive(origin)],
    ]
  } finally {
    server.disconnect()
  }
}

/** Seconds that pages of a stretch take. */
async function paged(api: VenueApi, origin: string, isUnlimited: boolean, rows: number): Promise<number> {
  const http = openVenueHttp(api, { origin, isUnlimited })
  const start = performance.now()
  let count = 0
  const stretch = { from: FROM, to: FROM + rows * MINUTE }
  for await (const page of fetchBars(http, MINUTES, stretch, { clock: Date.now }))
    count += page.rows?.length ?? page.bars.length
  if (count !== rows) throw new Error(`${count} bars came, not ${rows}`)
  return (performance.now() - start) / 1000
}

async function unlimited(origin: string): Promise<BenchRow> {
  await paged(BINANCE, origin, true, 100_000)
  const seconds = await repeated(3, () => paged(BINANCE, origin, true, ROWS))
  const { parallel } = BINANCE.limits
  const least = (ROWS / BINANCE.bars.pageRows / parallel) * (LATENCY / 1000)
  return {
    name: `${ROWS} 1m bars page by page, the limiter off: time by pages × latency ÷ requests at once`,
    value: median(seconds) / least,
    unit: '×',
    must: 1.15,
    aim: 1.05,
    better: 'lower',
    detail: `${median(seconds).toFixed(2)} s, ${least.toFixed(2)} s by ${LATENCY} ms and ${parallel} at once; answers of a server of its own; ${seconds.length} times`,
  }
}

/** Binance's allowance of a minute in two seconds, and as much smaller. */
async function limited(origin: string): Promise<BenchRow> {
  const window = 2000
  const weight = BINANCE.limits.weight / 30
  const api = { ...BINANCE, limits: { ...BINANCE.limits, weight, window } }
  const pages = 501
  const inWindow = weight / 2
  // whole windows, and what is left as fast as it comes
  const rest = ((pages % inWindow) / api.limits.parallel) * LATENCY
  const least = (Math.floor(pages / inWindow) * window + rest) / 1000
  // a place of its own has a limiter of its own
  const seconds = await paged(api, `${origin}/limited`, false, pages * api.bars.pageRows)
  return {
    name: `${pages} pages within the venue's allowance: time by what its weights allow`,
    value: seconds / least,
    unit: '×',
    must: 1.1,
    aim: 1.05,
    better: 'lower',
    detail: `${seconds.toFixed(2)} s, ${least.toFixed(2)} s by ${weight} in ${window} ms and 2 a page`,
  }
}

/** Answers out of memory: nobody is waited for, and nothing is sent. */
async function readAndStored(): Promise<BenchRow> {
  const pages = new Map<string, Buffer>()
  const http: VenueHttp = {
    api: BINANCE,
    get: async ({ query }, check) => {
      const { startTime, endTime, interval } = query
      const name = `${startTime} ${endTime} ${interval}`
      const step = interval === '1d' ? 1440 * MINUTE : MINUTE
      const bytes = pages.get(name) ?? Buffer.from(pageText(Number(startTime), Number(endTime), step))
      pages.set(name, bytes)
      return check({ bytes, body: interval === '1d' ? bytes.toString() : '', at: Date.now(), headers: {} })
    },
  }
  const stretch = { from: FROM, to: FROM + FEW * MINUTE }
  const once = () =>
    withFolder(async (dir) => {
      const store = await openStore(dir)
      const got: BarsGot = { added: 0, made: 0, revised: [], archive: { files: 0, error: null }, manifest: null }
      const start = process.cpuUsage()
      await getBars(
        {
          ...{ store, series: MINUTES, http, origin: 'from memory', clock: Date.now, stretch },
          ...{ isAgain: true, archive: null, isFilled: false, onProgress: () => undefined },
        },
        got,
      )
      const { user, system } = process.cpuUsage(start)
      if (got.added !== FEW) throw new Error(`${got.added} rows were stored, not ${FEW}`)
      return (user + system) / FEW
    })
  // makes the pages
  await once()
  const used = await repeated(5, once)
  return {
    name: 'parse and store a 1m bar: processor time',
    value: median(used),
    unit: ' µs',
    must: 10,
    aim: 6,
    better: 'lower',
    detail: `${FEW} rows in answers from memory into an empty store, all threads; ${used.length} times`,
  }
}

/** What a process used, said as its last line. */
const USED = `data:text/javascript,process.on('exit',()=>{const u=process.resourceUsage();process.stderr.write('\\nused '+u.maxRSS+' '+(u.userCPUTime+u.systemCPUTime)+'\\n')})`

/** `klinelab data get` into an empty store, in a process of its own. */
function got(origin: string, rows: number, more: readonly string[] = []) {
  return withFolder((dir) => {
    const to = new Date(FROM + rows * MINUTE).toISOString().slice(0, 16)
    const args = [
      'data',
      'get',
      'binance:BTCUSDT:1m',
      '--from',
      '2022-01-01',
      '--to',
      to,
      '--bars-only',
      '--json',
      ...more,
    ]
    const start = performance.now()
    const done = spawnSync(
      process.execPath,
      ['--import', USED, join(HOME, 'src', 'cli', 'klinelab.mjs'), ...args, '--store', join(dir, 'store')],
      {
        encoding: 'utf8',
        env: { ...process.env, KLINELAB_URL_BINANCE: origin, KLINELAB_URL_BINANCE_ARCHIVE: origin },
      },
    )
    const seconds = (performance.now() - start) / 1000
    if (done.status !== 0) throw new Error(`data get ended with ${done.status}: ${done.stdout}${done.stderr}`)
    const { stored } = (JSON.parse(done.stdout) as { series: { stored: { rows: number } }[] }).series[0]!
    if (stored.rows < rows) throw new Error(`${stored.rows} rows were stored, not ${rows}`)
    const [, peak, cpu] = /^used (\d+) (\d+)$/m.exec(done.stderr)!
    return { seconds, peak: Number(peak) / 1024, cpu: Number(cpu), rows: stored.rows }
  })
}

async function stored(origin: string): Promise<BenchRow[]> {
  const many = await repeated(3, () => got(origin, ROWS, ['--no-archive']))
  const few = await repeated(3, () => got(origin, FEW, ['--no-archive']))
  const cpu = median(many.map((run) => run.cpu / run.rows))
  const [peak, lower] = [median(many.map((run) => run.peak)), median(few.map((run) => run.peak))]
  return [
    {
      name: 'fetch, parse and store a 1m bar: processor time',
      value: cpu,
      unit: ' µs',
      must: 10,
      aim: 6,
      better: 'lower',
      detail: `klinelab data get of ${ROWS} rows, whole process with its start and all threads; ${median(many.map((run) => run.seconds)).toFixed(1)} s by the clock`,
    },
    {
      name: `peak memory of ${ROWS} rows by that of ${FEW}`,
      value: peak / lower,
      unit: '×',
      must: 1.2,
      aim: 1.05,
      better: 'lower',
      detail: `${peak.toFixed(0)} MB and ${lower.toFixed(0)} MB`,
    },
  ]
}

async function fromArchive(origin: string): Promise<BenchRow> {
  await got(origin, ROWS)
  const runs = await repeated(3, () => got(origin, ROWS))
  const rate = median(runs.map((run) => run.rows / run.seconds))
  return {
    name: 'bars from the archive into an empty store',
    value: rate,
    unit: ' rows/s',
    must: 200_000,
    aim: 300_000,
    better: 'higher',
    detail: `klinelab data get of ${runs[0]!.rows} rows in months and a page, whole process; ${median(runs.map((run) => run.seconds)).toFixed(2)} s, peak ${median(runs.map((run) => run.peak)).toFixed(0)} MB`,
  }
}

export default bench
