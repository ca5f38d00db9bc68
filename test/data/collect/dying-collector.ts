/**
 * A process that kills itself while it collects: `dying-collector.ts STORE POINT WORK FIRST COUNT`, POINT as in
 * dying-import.ts, WORK being `store` (COUNT hours from FIRST on as one answer, those before 720 with another volume), `fold` (what the
 * tail holds) or `stream` (the hours one by one into the tail, folded after every third).
 */
import { dieAt } from '../die-at.ts'

const [dir, point, work, first, count] = process.argv.slice(2) as [string, string, string, string, string]
const operations = dieAt(Number(point))
// not the whole room: each of the many that die has to load it first
const { openStore } = await import('../../../src/data/store.ts')
const { storeBars } = await import('../../../src/data/collect/store-bars.ts')
const { Tail } = await import('../../../src/data/collect/tail.ts')
const { batchOf, hours } = await import('./bars.ts')
const { NOW, TEST } = await import('../klines.ts')

const store = await openStore(dir)
const bars = hours(Number(first), Number(count))
operations.start()
if (work === 'store')
  await storeBars(store, TEST, batchOf(bars.map((bar, k) => (Number(first) + k < 720 ? { ...bar, volume: '9' } : bar))))
else {
  const tail = await Tail.open(store, TEST)
  for (const [k, bar] of work === 'stream' ? bars.entries() : []) {
    tail.append(bar, NOW)
    process.stdout.write(`${bar.openTime}\n`)
    if (k % 3 === 2) await tail.fold()
  }
  await tail.close()
}
process.stdout.write(`done ${operations.count()}\n`)
process.exit(0)
