import { readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { Bench } from './bench.ts'
import { median, repeated, runCommand, withFolder } from './process.ts'
import { DAILY_ZIPS, hasRecorded } from './real-bars.ts'

const ROWS = 1_306_000

const bench: Bench = async () => {
  if (!hasRecorded) {
    console.error('  skipped: the recorded daily zips are not beside this checkout')
    return []
  }
  const once = () =>
    withFolder((dir) => {
      const run = runCommand(
        ['data', 'import', DAILY_ZIPS, '--as', 'binance:BTCUSDT:1m', '--store', join(dir, 'store')],
        {
          wantsPeak: true,
        },
      )
      const { added } = run.json as { added: number }
      if (added !== ROWS) throw new Error(`${added} rows were imported, not ${ROWS}`)
      return run
    })
  await once()
  const runs = await repeated(5, once)
  const seconds = runs.map((run) => run.seconds)
  const files = readdirSync(DAILY_ZIPS).length
  return [
    {
      name: `import of ${files} daily zips (${ROWS} rows) into an empty store`,
      value: median(seconds),
      unit: ' s',
      must: 5,
      aim: 2.5,
      better: 'lower',
      detail: `a process each, ${cpus().length} cores; ${runs.length} times, ${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)} s; peak memory ${median(runs.map((run) => run.peak)).toFixed(0)} MB`,
    },
  ]
}

export default bench
