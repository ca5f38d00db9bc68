import { statSync } from 'node:fs'
import type { Bench, BenchRow } from './bench.ts'
import { builtPackage } from './built-package.ts'
import { HostPace } from './host-pace.ts'
import { median, repeated, runCommand, withFolder } from './process.ts'
import { CACHE, minuteStore } from './real-bars.ts'

/** A year of minutes: no outage in 2022. */
const BARS = 525_600
const YEAR = ['--from', '2022-01-01', '--to', '2023-01-01']

const bench: Bench = async () => {
  if ((await minuteStore()) === null) {
    console.error('  skipped: the recorded 1m series is not beside this checkout')
    return []
  }
  return withFolder((dir) => rowsOf(builtPackage(dir)))
}

async function rowsOf(installed: string): Promise<readonly BenchRow[]> {
  await once(installed)
  await once(undefined)
  // in turn, so that a slow moment of the machine falls on both
  const pace = await HostPace.begin()
  const both = await repeated(7, async () => {
    pace.take()
    return [await once(installed), await once(undefined)] as const
  })
  const weighed = await repeated(3, () => once(installed, true))
  const timed = both.map(([run]) => run)
  const { size, trades } = timed[0]!
  const what = `${BARS} bars, ${trades} trades`
  const shown = (runs: readonly Run[]) => {
    const seconds = runs.map((run) => run.seconds)
    return `${seconds.length} processes, ${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)} s, of which engine ${median(runs.map((run) => run.engine)).toFixed(2)} s; V8's compile cache and the disk's warm`
  }
  const secondsOf = (runs: readonly Run[]) => median(runs.map((run) => run.seconds))
  const checkout = both.map(([, run]) => run)
  return [
    {
      name: 'cold process: a year of 1m bars in the store to the report on disk',
      value: secondsOf(timed),
      unit: ' s',
      must: 1.5,
      aim: 0.8,
      better: 'lower',
      detail: `the package as it is installed; ${what}; ${shown(timed)}; ${pace}`,
    },
    {
      name: 'the same: peak memory',
      value: median(weighed.map((run) => run.peak)),
      unit: ' MB',
      must: 400,
      aim: 250,
      better: 'lower',
      detail: `the package; largest resident set, ${weighed.length} processes, ${weighed.map((run) => run.peak.toFixed(0)).join(', ')}`,
    },
    { name: 'the same: report size', value: size, unit: ' MB', must: 5, aim: 2, better: 'lower', detail: what },
    {
      name: 'the same from a checkout, which strips its sources of their types and loads them one by one',
      value: secondsOf(checkout),
      unit: ' s',
      must: null,
      aim: null,
      better: 'lower',
      detail: `in turn with the package; ${shown(checkout)}`,
    },
  ]
}

interface Run {
  readonly seconds: number
  readonly peak: number
  readonly engine: number
  readonly trades: number
  readonly size: number
}

function once(command: string | undefined, wantsPeak = false): Promise<Run> {
  // enough cash for every trade of the year, so that the report is as full as it gets
  const words = ['backtest', 'strategies/sma-cross.ts', '--data', 'binance:BTCUSDT:1m', ...YEAR, '--cash', '100000']
  return withFolder((out) => {
    const run = runCommand([...words, '--store', CACHE, '--out', out], { wantsPeak, command })
    const { report, engine, metrics } = run.json as {
      report: string
      engine: { bars: number; seconds: number }
      metrics: { trades: number }
    }
    if (engine.bars !== BARS) throw new Error(`the year has ${engine.bars} bars, not ${BARS}`)
    return { ...run, engine: engine.seconds, trades: metrics.trades, size: statSync(report).size / 2 ** 20 }
  })
}

export default bench
