/**
 * `npm run bench [-- NAME…]`: every bench of this folder, or those named, each in a process of its own so that none warms
 * up or pollutes the next; writes RESULTS.md. What is not run keeps its rows.
 */
import { fork } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { basename, join } from 'node:path'
import { VERSION } from '../../src/runs/package-info.ts'
import type { Bench, BenchRow } from './bench.ts'
import { type BenchResult, resultsText, shown, verdictOf } from './results.ts'

const HERE = import.meta.dirname
const STORED = join(HERE, 'results.json')

if (process.send !== undefined && process.argv[2] === '--child') await runChild(process.argv[3]!)
else if (process.argv[2] === '--allocation') await runAllocation(process.argv[3] as 'flat')
else process.exitCode = await runAll(process.argv.slice(2))

async function runChild(name: string): Promise<void> {
  const { default: bench } = (await import(`./${name}.bench.ts`)) as { default: Bench }
  const rows = await bench()
  const broken = rows.find((row) => !Number.isFinite(row.value))
  if (broken !== undefined) throw new Error(`${broken.name}: measured ${broken.value}, which is no figure`)
  process.send!(rows, () => process.disconnect())
}

/** Started by engine.bench.ts with a heap of its own kind. */
async function runAllocation(state: 'flat'): Promise<void> {
  const { bytesPerBar } = await import('./allocation.ts')
  console.log(await bytesPerBar(state))
}

async function runAll(wanted: readonly string[]): Promise<number> {
  const names = readdirSync(HERE)
    .filter((file) => file.endsWith('.bench.ts'))
    .map((file) => basename(file, '.bench.ts'))
    .sort()
  const unknown = wanted.find((name) => !names.includes(name))
  if (unknown !== undefined) {
    console.error(`there is no bench "${unknown}"; there are: ${names.join(', ')}`)
    return 2
  }
  const results = stored()
  let failed = 0
  const missed: BenchRow[] = []
  for (const name of wanted.length > 0 ? wanted : names) {
    console.error(`${name} …`)
    const rows = await measure(name)
    if (rows === null) failed++
    // a bench that could not run here (no peers installed, no recordings) says so itself and keeps its old rows
    if (rows === null || rows.length === 0) continue
    for (const row of rows)
      console.error(`  ${verdictOf(row).padEnd(8)} ${row.name}: ${shown(row.value)}${row.unit}  (${row.detail})`)
    missed.push(...rows.filter((row) => verdictOf(row) === 'MISSED'))
    results.set(name, { machine: machine(), rows })
    writeFileSync(STORED, `${JSON.stringify(Object.fromEntries(results), null, 1)}\n`)
    writeFileSync(join(HERE, 'RESULTS.md'), resultsText(results))
  }
  for (const row of missed) console.error(`MISSED its must: ${row.name}`)
  return failed > 0 || missed.length > 0 ? 1 : 0
}

function stored(): Map<string, BenchResult> {
  if (!existsSync(STORED)) return new Map()
  return new Map(Object.entries(JSON.parse(readFileSync(STORED, 'utf8')) as Record<string, BenchResult>))
}

/** The rows of one bench; `null` where it failed. */
function measure(name: string): Promise<readonly BenchRow[] | null> {
  return new Promise((resolve) => {
    const child = fork(import.meta.filename, ['--child', name])
    let rows: readonly BenchRow[] | null = null
    child.on('message', (message) => {
      rows = message as readonly BenchRow[]
    })
    child.on('exit', (code) => {
      if (code !== 0) console.error(`  ${name} failed with exit code ${code}`)
      resolve(code === 0 ? rows : null)
    })
  })
}

function machine(): string {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpu?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, ${memory} GB, ${process.platform} ${process.arch}, Node ${process.versions.node}, klinelab ${VERSION}`
}
