/**
 * A process that imports a file and kills itself on the way: `dying-import.ts STORE FILE SERIES POINT`, POINT being the
 * number of the file operation ahead of which it dies, "tmp" for the middle of writing a month, or "never", in which
 * case it prints how many operations there were.
 */
import fs from 'node:fs'
import { basename } from 'node:path'
import { dieAt } from './die-at.ts'

const [dir, file, name, point] = process.argv.slice(2) as [string, string, string, string]
const operations = dieAt(Number(point))

/** The file that a month is written to before it gets its name. */
const HALF = /^\d{4}-\d\d\.\d+\.tmp$/
if (point === 'tmp')
  setInterval(() => {
    const names = fs.existsSync(dir) ? fs.readdirSync(dir, { recursive: true, encoding: 'utf8' }) : []
    if (names.some((one) => HALF.test(basename(one)))) process.kill(process.pid, 'SIGKILL')
  }, 0)

const { parseSeries } = await import('../../src/core/series.ts')
// not the whole room: each of the many that die has to load it first
const { importFiles } = await import('../../src/data/import.ts')
const { openStore } = await import('../../src/data/store.ts')
operations.start()
await importFiles(await openStore(dir), [file], parseSeries(name), { now: Date.UTC(2027, 0, 1) })
process.stdout.write(String(operations.count()))
process.exit(0)
