import { type ChildProcess, fork, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { seededRandom } from '../../src/core/random.ts'
import { FittedRecurrent } from '../../src/models/recurrent/fitted-recurrent.ts'
import { initialWeights } from '../../src/models/recurrent/network.ts'
import { recurrentSettings } from '../../src/models/recurrent/settings.ts'
import { Trainer } from '../../src/models/recurrent/trainer.ts'
import type { Bench, BenchRow } from './bench.ts'
import { median } from './process.ts'
import { BATCH, type Cell, FEATURES, network, ours, type Round, STEPS, taskOf, UNITS } from './recurrent-task.ts'

/*
 * Learning from sequences of 60 rows of 12 features with 64 units in batches of 64: gradients, clipping and Adam, one epoch a
 * round. Stock TensorFlow.js (core, layers, wasm backend) does the same through trainOnBatch, PyTorch on one thread likewise,
 * where KLINELAB_BENCH_TORCH names a python that has it.
 */
const ROUNDS = 15
/** A thread compiles the kernel anew, and runs it slowly until that is done. */
const WARM = 4
const SCOPE = '@tensorflow'
const CELLS = ['lstm', 'gru'] as const

const bench: Bench = async () => {
  // first, while the process has taken nothing yet
  const rows: BenchRow[] = [await memory()]
  // the checkout has it for its tests
  const tfjs = process.env['KLINELAB_BENCH_TFJS'] ?? resolve(import.meta.dirname, '..', '..')
  const python = process.env['KLINELAB_BENCH_TORCH']
  if (python === undefined) console.error('  without PyTorch: set KLINELAB_BENCH_TORCH to a python that has it')
  for (const cell of CELLS) {
    const one = ours(cell, 1)
    const two = ours(cell, 2)
    const apart = twoApart(cell)
    const torch = python === undefined ? null : startTorch(python, cell)
    const sides: Record<string, Round> = { one: one.round, two: two.round, apart: apart.round }
    sides['tfjs'] = await theirs(tfjs, cell)
    if (torch !== null) sides['torch'] = torch.round
    const rates = await inTurn(sides)
    apart.end()
    await Promise.all([one.end(), two.end(), torch?.end()])
    const rate = (side: string): string => `${median(rates[side]!).toFixed(0)} samples/s`
    const ratio = (a: string, b: string): number => median(rates[a]!.map((value, k) => value / rates[b]![k]!))
    const name = `${cell.toUpperCase()} training, 60 × 12, 64 units, batch 64`
    const row = (against: string, value: number, must: number | null, aim: number, detail: string): void => {
      rows.push({ name: `${name}: ${against}`, value, unit: '×', must, aim, better: 'higher', detail })
    }
    row('one worker against stock tfjs-wasm', ratio('one', 'tfjs'), 12, 25, `${rate('one')} against ${rate('tfjs')}`)
    if (torch !== null)
      row(
        'one worker against PyTorch on one thread',
        ratio('one', 'torch'),
        null,
        1,
        `${rate('one')} against ${rate('torch')}`,
      )
    row('two workers against one', ratio('two', 'one'), 1.6, 1.9, `${rate('two')} against ${rate('one')}`)
    rows.push({
      ...{
        name: `${name}: two workers against two trainings in processes of their own at once`,
        value: ratio('two', 'apart'),
      },
      ...{ unit: '×', must: null, aim: 0.9, better: 'higher' },
      detail: `${rate('two')} against ${rate('apart')} together, which are ${ratio('apart', 'one').toFixed(2)}× one alone: what the machine has to give`,
    })
  }
  rows.push(oneBar())
  return rows
}

/** Two trainings that know nothing of each other, at the same time: samples/s of both together. */
function twoApart(cell: Cell): { readonly round: Round; readonly end: () => void } {
  const children = [0, 1].map(() => fork(join(import.meta.dirname, 'recurrent-alone.ts'), [cell]))
  const rateOf = (child: ChildProcess) =>
    new Promise<number>((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`a training of its own ended with ${code}`))
      child.once('exit', onExit)
      child.once('message', (rate) => {
        child.off('exit', onExit)
        resolve(rate as number)
      })
      child.send('round')
    })
  return {
    round: async () => (await Promise.all(children.map(rateOf))).reduce((sum, rate) => sum + rate, 0),
    end: () => {
      for (const child of children) child.kill()
    },
  }
}

async function inTurn(sides: Readonly<Record<string, Round>>): Promise<Record<string, number[]>> {
  const rates: Record<string, number[]> = Object.fromEntries(Object.keys(sides).map((side) => [side, []]))
  for (let round = -WARM; round < ROUNDS; round++)
    for (const [side, run] of Object.entries(sides)) {
      const rate = await run()
      if (round >= 0) rates[side]!.push(rate)
    }
  return rates
}

/** The few functions of TensorFlow.js that this calls. */
interface Tensor {
  readonly dataSync: () => Float32Array
}
interface Core {
  readonly setBackend: (name: string) => Promise<boolean>
  readonly ready: () => Promise<void>
  readonly getBackend: () => string
  readonly randomNormal: (shape: number[]) => Tensor
  readonly tensor2d: (values: readonly (readonly number[])[]) => Tensor
  readonly train: { readonly adam: (rate: number) => object }
}
interface Layers {
  readonly sequential: () => {
    readonly add: (layer: object) => void
    readonly compile: (options: object) => void
    readonly trainOnBatch: (x: Tensor, y: Tensor) => Promise<unknown>
  }
  readonly layers: Readonly<Record<'lstm' | 'gru' | 'dense', (options: object) => object>>
}

async function theirs(folder: string, cell: Cell): Promise<Round> {
  const require = createRequire(join(resolve(folder), 'any.js'))
  const core = require(`${SCOPE}/tfjs-core`) as Core
  const layers = require(`${SCOPE}/tfjs-layers`) as Layers
  const wasmFile = require.resolve(`${SCOPE}/tfjs-backend-wasm`)
  const wasm = require(wasmFile) as { readonly setWasmPaths: (folder: string) => void }
  wasm.setWasmPaths(`${dirname(wasmFile)}/`)
  await core.setBackend('wasm')
  await core.ready()
  if (core.getBackend() !== 'wasm') throw new Error(`TensorFlow.js runs on ${core.getBackend()}, not on wasm`)
  const model = layers.sequential()
  model.add(
    layers.layers[cell]({
      units: UNITS,
      inputShape: [STEPS, FEATURES],
      recurrentActivation: 'sigmoid',
      recurrentInitializer: 'glorotUniform',
      resetAfter: false,
    }),
  )
  model.add(layers.layers.dense({ units: 1, activation: 'sigmoid' }))
  model.compile({ optimizer: core.train.adam(0.001), loss: 'binaryCrossentropy' })
  const batches = 2
  const x = core.randomNormal([BATCH, STEPS, FEATURES])
  const y = core.tensor2d(Array.from({ length: BATCH }, (_, k) => [k % 2]))
  return async () => {
    const start = performance.now()
    for (let k = 0; k < batches; k++) await model.trainOnBatch(x, y)
    return (batches * BATCH * 1000) / (performance.now() - start)
  }
}

function startTorch(python: string, cell: Cell): { readonly round: Round; readonly end: () => Promise<void> } {
  const child = spawn(python, [join(import.meta.dirname, 'peers', 'run_torch.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const round = async (): Promise<number> => {
    child.stdin.write(`${cell}\n`)
    const { value } = await lines.next()
    return (JSON.parse(value as string) as { rate: number }).rate
  }
  const end = async (): Promise<void> => void child.stdin.end()
  return { round, end }
}

/** As a running strategy asks: one row, its window of 48 replayed. */
function oneBar(): BenchRow {
  const random = seededRandom(2)
  const columns = Array.from({ length: FEATURES }, () => Float64Array.from({ length: 2000 }, () => 2 * random() - 1))
  const settings = recurrentSettings('lstm', { units: UNITS, window: 48 })
  const names = columns.map((_, k) => `f${k}`)
  const model = new FittedRecurrent(network('lstm'), settings, names, initialWeights(network('lstm'), random), [])
  const row = new Int32Array(1)
  const times: number[] = []
  for (let k = 100; k < 2000; k++) {
    row[0] = k
    const start = performance.now()
    model.predictProba(columns, row)
    times.push((performance.now() - start) * 1000)
  }
  const warm = times.slice(400).sort((a, b) => a - b)
  return {
    name: 'prediction of one bar, LSTM 64 units, window 48',
    value: median(warm),
    unit: ' µs',
    must: 200,
    aim: 50,
    better: 'lower',
    detail: `fastest ${warm[0]!.toFixed(0)} µs`,
  }
}

/** What the process grows by while it learns from half a million windows, the columns themselves being there already. */
async function memory(): Promise<BenchRow> {
  const windows = 500_000
  const before = process.memoryUsage().rss
  const { task, columns } = taskOf('lstm', windows, 48, 1)
  const epoch = new Trainer(task, 0).epoch({ epoch: 0, power1: 1, power2: 1 })
  for (let batch = 0; batch < 10; batch++) epoch.next()
  const grown = process.memoryUsage().rss - before - columns.reduce((sum, { byteLength }) => sum + byteLength, 0)
  return {
    name: 'memory of training on 500,000 windows of 48 × 12, in base matrices',
    value: grown / task.matrix.byteLength,
    unit: '×',
    must: 4,
    aim: 2,
    better: 'lower',
    detail: `${(grown / 1e6).toFixed(0)} MB beside the columns, the matrix ${(task.matrix.byteLength / 1e6).toFixed(0)} MB`,
  }
}

export default bench
