import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Random, seededRandom } from '../../src/core/random.ts'
import { rocAuc } from '../../src/metrics/roc.ts'
import type { TrainingSet } from '../../src/models/classifier.ts'
import { type LogisticRegression, logisticRegression } from '../../src/models/logistic-regression.ts'
import { gbdt } from '../../src/models/trees/gbdt.ts'
import type { Bench, BenchRow } from './bench.ts'

/*
 * Boosted trees against LightGBM on one thread and on two, logistic regression against scikit-learn, on the same rows in the same
 * run where KLINELAB_BENCH_PYTHON names a python that has both; without one, against what they took on the reference machine.
 */
const TRAIN = 1_000_000
const TEST = 200_000
const FEATURES = 12
const FOLDER = join(import.meta.dirname, '.cache', 'trees')

interface Peers {
  readonly one: number
  readonly two: number
  readonly auc: number | null
  readonly logistic: number
  readonly coefficients: readonly number[]
  readonly versions: string
}

const RECORDED: Peers = { one: 7.4, two: 4.2, auc: null, logistic: 1.2, coefficients: [], versions: 'recorded' }

const rows = (count: number, from = 0) => Int32Array.from({ length: count }, (_, k) => from + k)

const bench: Bench = async () => {
  const data = made(TRAIN + TEST)
  const peers = measurePeers(data) ?? RECORDED
  const training = { ...data, rows: rows(TRAIN) }
  const [trees, fitted] = await timed(() => gbdt({ patience: 1000 }).fit(training, { seed: 1 }))
  const whole = { ...training, columns: data.columns.map((column) => column.map((x) => (Number.isNaN(x) ? 0 : x))) }
  const [linear, line] = await timed(() => logisticRegression().fit(whole, { seed: 1 }))
  const [own] = (line as LogisticRegression).coefficients
  // scikit-learn's own solver stops at a gradient of 1e-4
  for (const [k, one] of peers.coefficients.entries())
    if (Math.abs(own![k]! - one) > 1e-3) throw new Error(`coefficient ${k} is ${own![k]}, and scikit-learn's ${one}`)
  const [forecast, p] = await timed(() => fitted.predictProba(data.columns, rows(TEST, TRAIN)))
  const auc = rocAuc(data.y.subarray(TRAIN), p)!
  const ratio = (name: string, ours: number, theirs: number, must: number, aim: number): BenchRow => ({
    ...{ name, value: ours / theirs, unit: '×', must, aim, better: 'lower' },
    detail: `${ours.toFixed(2)} s, theirs ${theirs.toFixed(2)} s (${peers.versions})`,
  })
  return [
    ratio('GBDT 1 M × 12, 100 trees of 31 leaves, one thread: LightGBM on one thread', trees, peers.one, 3, 1.5),
    ratio('the same: LightGBM on two threads', trees, peers.two, 3, 1.5),
    ...(peers.auc === null
      ? []
      : [
          {
            ...{
              name: 'the same: AUC on 200,000 other rows, distance from LightGBM',
              value: Math.abs(auc - peers.auc),
            },
            ...{ unit: '', must: null, aim: 0.0005, better: 'lower' as const },
            detail: `${auc.toFixed(5)}, theirs ${peers.auc.toFixed(5)}`,
          },
        ]),
    ratio('logistic regression 1 M × 12: scikit-learn', linear, peers.logistic, 1.5, 1),
    {
      ...{ name: 'GBDT: prediction of 200,000 rows', value: forecast, unit: ' s', must: null, aim: null },
      better: 'lower',
      detail: `${((forecast / TEST) * 1e6).toFixed(1)} µs a row`,
    },
  ]
}
export default bench

async function timed<T>(run: () => T | Promise<T>): Promise<[number, T]> {
  const start = performance.now()
  const made = await run()
  return [(performance.now() - start) / 1000, made]
}

/** @throws Error where the python fails; `null` where there is none, or it has no LightGBM */
function measurePeers(data: TrainingSet): Peers | null {
  const python = process.env['KLINELAB_BENCH_PYTHON']
  if (python === undefined) {
    console.error(
      '  without LightGBM: set KLINELAB_BENCH_PYTHON to a python that has it and scikit-learn; see README.md',
    )
    return null
  }
  mkdirSync(FOLDER, { recursive: true })
  for (const [k, column] of data.columns.entries())
    writeFileSync(join(FOLDER, String(k)), new Uint8Array(column.buffer))
  writeFileSync(join(FOLDER, 'y'), new Uint8Array(data.y.buffer))
  const script = join(import.meta.dirname, 'peers', 'run_lightgbm.py')
  const done = spawnSync(python, [script, FOLDER, String(TRAIN), String(FEATURES)], { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(done.stderr)
  return done.stdout === '' ? null : (JSON.parse(done.stdout) as Peers)
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Nine normal features, one of steps, one with a heavy tail and one with holes; the log odds bend with most of them. */
function made(count: number): TrainingSet {
  const random = seededRandom(5)
  const columns = Array.from({ length: FEATURES }, (_, f) =>
    Float64Array.from({ length: count }, () => {
      const value = normal(random)
      if (f === 9) return Math.round(value * 2) / 2
      if (f === 10) return Math.exp(value)
      return f === 11 && random() < 0.1 ? Number.NaN : value
    }),
  )
  const [a, b, c, d, e, , g, h, , j, k] = columns as [Float64Array, ...Float64Array[]]
  const y = Int8Array.from({ length: count }, (_, row) => {
    const smooth = 0.6 * a[row]! + 0.5 * Math.sin(2 * b![row]!) + 0.3 * Math.abs(e![row]!) + 0.2 * h![row]! ** 2
    const steps = (c![row]! > 0 ? 0.4 * d![row]! : 0) - (j![row]! > 0 ? 0.4 * g![row]! : 0)
    const odds = smooth + steps + 0.3 * Math.log1p(k![row]!) - 1
    return random() < 1 / (1 + Math.exp(-odds)) ? 1 : 0
  })
  return { names: columns.map((_, f) => `f${f}`), columns, rows: rows(count), y, classes: 2, weights: null }
}
