/** A process that appends to a ledger: FILE FIRST COUNT BATCH, then says so; with COUNT 0 it goes on until it is killed. */
import { appendTrials } from '../../src/search/ledger.ts'
import { madeReturns, madeTrial } from './made-trials.ts'

const [file, first, count, batch] = process.argv.slice(2) as [string, string, string, string]
const returns = madeReturns(1)
const size = Number(batch)
for (let k = 0; Number(count) === 0 || k < Number(count); k += size) {
  const entries = Array.from({ length: size }, (_, i) => madeTrial(Number(first) + k + i, { returns }))
  appendTrials(file, entries)
  // told only once they are on the disk
  process.stdout.write(`${Number(first) + k + size}\n`)
}
