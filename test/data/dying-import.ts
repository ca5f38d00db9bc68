/**
 * A process that imports a file and kills itself on the way: `dying-import.ts STORE FILE SERIES POINT`, POINT being the
 * number of the file operation ahead of which it dies, "tmp" for the middle of writing a month, or "never", in which
 * case it prints how many operations there were.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { basename } from 'node:path'

const [dir, file, name, point] = process.argv.slice(2) as [string, string, string, string]
const die = () => process.kill(process.pid, 'SIGKILL')
let done = Number.NaN

/** Everything that changes a file system, but for what DuckDB does itself; counted once the modules are loaded. */
const OPERATIONS = ['mkdirSync', 'openSync', 'writeSync', 'fsyncSync', 'renameSync', 'rmSync'] as const
for (const key of OPERATIONS) {
  const real = fs[key] as (...args: unknown[]) => unknown
  const counted = (...args: unknown[]) => {
    const changes = key !== 'openSync' || String(args[1]).startsWith('w')
    if (changes && ++done === Number(point)) die()
    return real(...args)
  }
  Object.assign(fs, { [key]: counted })
}
syncBuiltinESMExports()

/** The file that a month is written to before it gets its name. */
const HALF = /^\d{4}-\d\d\.\d+\.tmp$/
if (point === 'tmp')
  setInterval(() => {
    const names = fs.existsSync(dir) ? fs.readdirSync(dir, { recursive: true, encoding: 'utf8' }) : []
    if (names.some((one) => HALF.test(basename(one)))) die()
  }, 0)

const { parseSeries } = await import('../../src/core/series.ts')
const { importFiles, openStore } = await import('../../src/data/index.ts')
done = 0
await importFiles(await openStore(dir), [file], parseSeries(name), { now: Date.UTC(2027, 0, 1) })
process.stdout.write(String(done))
process.exit(0)
