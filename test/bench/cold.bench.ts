import { statSync } from 'node:fs'
import type { Bench } from './bench.ts'
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
  // enough cash for every trade of the year, so that the report is as full as it gets
  const words = ['backtest', 'strategies/sma-cross.ts', '--data', 'binance:BTCUSDT:1m', ...YEAR, '--cash', '100000']
  const once = (wantsPeak: boolean) =>
    withFolder((out) => {
      const run = runCommand([...words, '--store', CACHE, '--out', out], { wantsPeak })
      const { report, engine, metrics } = run.json as {
        report: string
        engine: { bars: number; seconds: number }
        metrics: { trades: number }
      }
      if (engine.bars !== BARS) throw new Error(`the year has ${engine.bars} bars, not ${BARS}`)
      return { ...run, engine: engine.seconds, trades: metrics.trades, size: statSync(report).size / 2 ** 20 }
    })
  await once(false)
  const timed = await repeated(7, () => once(false))
  const weighed = await repeated(3, () => once(true))
  const seconds = timed.map((run) => run.seconds)
  const { size, trades } = timed[0]!
  const what = `${BARS} bars, ${trades} trades`
  return [
    {
      name: 'cold process: a year of 1m bars in the store to the report on disk',
      value: median(seconds),
      unit: ' s',
      must: 1.5,
      aim: 0.8,
      better: 'lower',
      detail: `${what}; ${seconds.length} processes, ${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)} s, of which engine ${median(timed.map((run) => run.engine)).toFixed(2)} s; V8's compile cache and the disk's warm`,
    },
    {
      name: 'the same: peak memory',
      value: median(weighed.map((run) => run.peak)),
      unit: ' MB',
      must: 400,
      aim: 250,
      better: 'lower',
      detail: `largest resident set, ${weighed.length} processes, ${weighed.map((run) => run.peak.toFixed(0)).join(', ')}`,
    },
    { name: 'the same: report size', value: size, unit: ' MB', must: 5, aim: 2, better: 'lower', detail: what },
  ]
}

export default bench
