import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { seededRandom } from '../../src/core/random.ts'
import { TrainingView } from '../../src/preprocess/matrix.ts'
import { robustScaler } from '../../src/preprocess/robust-scaler.ts'
import type { ColumnsJson } from '../../src/preprocess/transform.ts'
import type { Bench, BenchRow } from './bench.ts'
import { median, withFolder } from './process.ts'

const ROWS = 1_040_000
const FEATURES = 12
const ROUNDS = 9
const WARM = 2
/** What scikit-learn 1.2.1 took on the reference machine: stands in where there is no python that has it. */
const REFERENCE_SECONDS = 0.53

interface Theirs {
  readonly version: string
  /** One fit and transform of the same features, in seconds. */
  readonly run: () => Promise<number>
  readonly end: () => void
}

const bench: Bench = () =>
  withFolder(async (folder) => {
    const train = scene()
    const python = process.env['KLINELAB_BENCH_PYTHON']
    const theirs = python === undefined ? null : await startTheirs(python, folder, train)
    if (theirs === null)
      console.error('  without scikit-learn: set KLINELAB_BENCH_PYTHON to a python that has it; see README.md')
    const ours: number[] = []
    const them: number[] = []
    for (let round = -WARM; round < ROUNDS; round++) {
      const start = performance.now()
      robustScaler().fit(train).transform(train.matrix)
      const seconds = (performance.now() - start) / 1000
      const other = theirs === null ? REFERENCE_SECONDS : await theirs.run()
      if (round < 0) continue
      ours.push(seconds)
      them.push(other)
    }
    theirs?.end()
    const beside =
      theirs === null
        ? `scikit-learn ${REFERENCE_SECONDS} s on the reference machine`
        : `scikit-learn ${theirs.version} ${told(them)}, in turn, with the same numbers fitted`
    const row: BenchRow = {
      name: `RobustScaler, fit and transform, ${ROWS} × ${FEATURES}, against scikit-learn`,
      value: median(ours) / median(them),
      unit: '×',
      must: 1.5,
      aim: 1,
      better: 'lower',
      detail: `ours ${told(ours)}; ${beside}`,
    }
    return [row]
  })

function told(seconds: readonly number[]): string {
  return `${median(seconds).toFixed(3)} s (fastest ${Math.min(...seconds).toFixed(3)})`
}

/** Normal features; every row is a training row. */
function scene(): TrainingView {
  const random = seededRandom(1)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const names = Array.from({ length: FEATURES }, (_, k) => `feature-${String(k).padStart(2, '0')}`)
  const columns = names.map(() => Float64Array.from({ length: ROWS }, normal))
  const openTime = Float64Array.from({ length: ROWS }, (_, k) => k * 60_000)
  const labels = {
    classes: 2 as const,
    y: Int8Array.from({ length: ROWS }, (_, k) => k & 1),
    end: Int32Array.from({ length: ROWS }, (_, k) => k + 1),
  }
  return new TrainingView(
    { names, rows: ROWS, columns, openTime },
    labels,
    Int32Array.from({ length: ROWS }, (_, k) => k),
  )
}

/**
 * A python with scikit-learn on the same features; `null` where it has none.
 * @throws Error where it fits other numbers: then the times would not be of the same work
 */
async function startTheirs(python: string, folder: string, train: TrainingView): Promise<Theirs | null> {
  mkdirSync(folder, { recursive: true })
  for (const [k, name] of train.matrix.names.entries())
    writeFileSync(join(folder, name), new Uint8Array(train.matrix.columns[k]!.buffer))
  const script = join(import.meta.dirname, 'peers', 'run_sklearn.py')
  const child = spawn(python, [script, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const read = async () => {
    const { value, done } = await lines.next()
    return done ? null : (value as string)
  }
  const version = await read()
  if (version === null) return null
  const fitted = JSON.parse((await read())!) as Readonly<Record<string, readonly number[]>>
  const { numbers } = robustScaler().fit(train).toJSON() as ColumnsJson
  for (const [name, list] of Object.entries(numbers))
    for (const [k, own] of list.entries())
      if (!(Math.abs(own - fitted[name]![k]!) <= 1e-12))
        throw new Error(`${name} of feature ${k} is ${own}, and scikit-learn's ${fitted[name]![k]}`)
  return {
    version,
    run: async () => {
      child.stdin.write('\n')
      return Number(await read())
    },
    end: () => child.stdin.end(),
  }
}

export default bench
