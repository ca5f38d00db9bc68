/** LSTM and GRU as classifiers: what they learn, chance and threads, stopping and resuming, and what they refuse. */
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import type { TrainingSet } from '../../src/models/classifier.ts'
import type { RecurrentCheckpoint } from '../../src/models/recurrent/checkpoint.ts'
import { crewOf } from '../../src/models/recurrent/crew.ts'
import { requireMemory } from '../../src/models/recurrent/fit-recurrent.ts'
import { recurrentFromJson } from '../../src/models/recurrent/fitted-recurrent.ts'
import { gru, lstm } from '../../src/models/recurrent/recurrent.ts'
import { recurrentSettings } from '../../src/models/recurrent/settings.ts'
import { taskBytes, trainingTask } from '../../src/models/recurrent/training-task.ts'

const WINDOW = 5
const MAKERS = [
  ['lstm', lstm],
  ['gru', gru],
] as const

/** Noise, and a class that hangs on what the first feature was three rows before: a model without memory learns nothing. */
function memorySet(length: number, seed: number, classes: 2 | 3 = 2): TrainingSet & { readonly later: Int32Array } {
  const random = seededRandom(seed)
  const columns = Array.from({ length: 3 }, () => Float64Array.from({ length }, () => 2 * random() - 1))
  const y = Int8Array.from({ length }, (_, row) => {
    const then = columns[0]![row - 3] ?? 0
    return classes === 2 ? Number(then > 0) : then < -1 / 3 ? 0 : then < 1 / 3 ? 1 : 2
  })
  const all = Int32Array.from({ length: length - WINDOW + 1 }, (_, k) => k + WINDOW - 1)
  const [rows, later] = [all.slice(0, Math.floor(0.8 * all.length)), all.slice(Math.floor(0.8 * all.length))]
  return { names: ['a', 'b', 'c'], columns, rows, y, classes, weights: null, later }
}

const small = { units: 6, layers: 2, dropout: 0.2, window: WINDOW, batch: 30, epochs: 4, learningRate: 0.01, l2: 1e-4 }
const keepIn = (list: RecurrentCheckpoint[]) => (one: unknown) => void list.push(one as RecurrentCheckpoint)
const bytesOf = (fitted: { toJSON(): unknown }) => JSON.stringify(fitted.toJSON())

describe.each(MAKERS)('%s', (_, make) => {
  test.each([2, 3] as const)('learns what lies three rows back, of %i classes', async (classes) => {
    const data = memorySet(1500, 1, classes)
    const model = make({ units: 12, window: WINDOW, epochs: 25, batch: 32, learningRate: 0.02 })
    const fitted = await model.fit(data, { seed: 1, validation: data.later })
    const p = fitted.predictProba(data.columns, data.later)
    const width = classes === 2 ? 1 : 3
    const right = [...data.later].filter((row, k) => {
      const own = p.subarray(k * width, k * width + width)
      const guess = classes === 2 ? Number(own[0]! > 0.5) : own.indexOf(Math.max(...own))
      return guess === data.y[row]
    })
    expect(p.length).toBe(data.later.length * width)
    expect(right.length / data.later.length).toBeGreaterThan(0.9)
    if (classes === 3) for (let k = 0; k < p.length; k += 3) expect(p[k]! + p[k + 1]! + p[k + 2]!).toBeCloseTo(1, 12)
  })

  test('has the same bytes on one, two, three or four threads, with dropout, clipping, decay and a last batch of a few rows', async () => {
    // 193 rows in batches of 30: the last has 13, and shards of 3 and 4 rows
    const data = memorySet(246, 2)
    const weights = data.columns[1]!.map((v) => 1 + v)
    const runs = []
    for (const workers of [1, 2, 3, 4])
      runs.push(bytesOf(await make(small).fit({ ...data, weights }, { seed: 3, workers, validation: data.later })))
    expect(new Set(runs).size).toBe(1)
    const other = await make(small).fit({ ...data, weights }, { seed: 4, workers: 1, validation: data.later })
    expect(bytesOf(other)).not.toBe(runs[0])
  })

  test('gives a bar by itself the bits that it has among all others, from the model as from its JSON', async () => {
    const data = memorySet(300, 5)
    const fitted = await make(small).fit(data, { seed: 1 })
    const again = recurrentFromJson(JSON.parse(bytesOf(fitted)))
    const together = fitted.predictProba(data.columns, data.later)
    const alone = Array.from(data.later, (row) => again.predictProba(data.columns, Int32Array.of(row))[0]!)
    expect(alone).toEqual([...together])
    expect(bytesOf(again)).toBe(bytesOf(fitted))
    // nothing after a row is looked at
    const [row] = data.later
    const cut = data.columns.map((column) => column.slice(0, row! + 1))
    expect(fitted.predictProba(cut, Int32Array.of(row!))[0]).toBe(together[0])
  })

  test('resumes from any checkpoint to the same bytes, on other threads too', async () => {
    const data = memorySet(246, 6)
    const options = { seed: 9, validation: data.later }
    const kept: RecurrentCheckpoint[] = []
    const whole = await make(small).fit(data, { ...options, workers: 1, onCheckpoint: keepIn(kept) })
    expect(kept.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4])
    for (const [k, checkpoint] of kept.entries()) {
      // as it comes back from a file
      const resume: unknown = JSON.parse(JSON.stringify(checkpoint))
      const resumed = await make(small).fit(data, { ...options, workers: 1 + (k % 2), resume })
      expect(bytesOf(resumed)).toBe(bytesOf(whole))
    }
  })
})

describe('training', () => {
  const data = memorySet(400, 7)

  test('stops after an epoch when it is told to, with the best so far', async () => {
    const seen: number[] = []
    const settings = { ...small, epochs: 50, learningRate: 0.3, clip: null }
    const stopAfter = (last: number) => (step: { readonly done: number; readonly total: number }) => {
      seen.push(step.done)
      return step.done < last
    }
    const checkpoints: RecurrentCheckpoint[] = []
    const fitted = await lstm(settings).fit(data, {
      seed: 1,
      validation: data.later,
      onProgress: stopAfter(5),
      onCheckpoint: keepIn(checkpoints),
    })
    expect(seen).toEqual([1, 2, 3, 4, 5])
    const losses = fitted.history.map(({ validationLoss }) => validationLoss!)
    const best = losses.indexOf(Math.min(...losses))
    // so large a rate does not go down all the way: else the last epoch would be the best one anyway
    expect(best).toBeLessThan(4)
    expect((fitted.toJSON() as { weights: string }).weights).toBe(checkpoints[best]!.weights)
  })

  test('ends when validation rows have shown nothing better for as long as patience lasts', async () => {
    const settings = { ...small, epochs: 200, learningRate: 0.05, patience: 3 }
    const fitted = await gru(settings).fit(data, { seed: 1, validation: data.later })
    const losses = fitted.history.map(({ validationLoss }) => validationLoss!)
    const best = losses.indexOf(Math.min(...losses))
    expect(losses.length).toBeLessThan(200)
    expect(losses.length).toBe(best + 1 + 3)
  })

  test('without validation rows keeps the last epoch', async () => {
    const checkpoints: RecurrentCheckpoint[] = []
    const fitted = await lstm(small).fit(data, { seed: 1, onCheckpoint: keepIn(checkpoints) })
    expect((fitted.toJSON() as { weights: string }).weights).toBe(checkpoints.at(-1)!.weights)
    expect(fitted.history.every(({ validationLoss }) => validationLoss === null)).toBe(true)
  })

  test('losses are means by weight, and a row of no weight teaches nothing', async () => {
    // of two kinds of rows one weighs nothing and has its class turned round: what is learnt is the other's
    const weights = Float64Array.from(data.y, (_, row) => row % 2)
    const y = data.y.map((label, row) => (row % 2 === 1 ? label : 1 - label))
    const whole = await lstm(small).fit({ ...data, weights }, { seed: 1 })
    const turned = await lstm(small).fit({ ...data, weights, y }, { seed: 1 })
    expect(bytesOf(turned)).toBe(bytesOf(whole))
    // before anything is learnt, every logit is near 0 and every loss near ln 2, whatever the rows weigh
    const heavy = weights.map((w) => 1000 * w + 1)
    const slow = await lstm({ ...small, epochs: 1, learningRate: 1e-9 }).fit({ ...data, weights: heavy }, { seed: 1 })
    expect(Math.abs(slow.history[0]!.loss - Math.LN2)).toBeLessThan(0.1)
  })

  test('weights that double one class lift its probability', async () => {
    const random = seededRandom(3)
    // nothing to learn: the best answer is the weighted share of class 1, 1/2 · 3 / (1/2 · 3 + 1/2 · 1) = 3/4
    const y = data.y.map(() => Number(random() > 0.5))
    const weights = Float64Array.from(y, (label) => (label === 1 ? 3 : 1))
    const settings = { units: 2, window: WINDOW, epochs: 60, batch: 64, learningRate: 0.01, l2: 0.1 }
    const fitted = await gru(settings).fit({ ...data, y, weights }, { seed: 1 })
    const p = fitted.predictProba(data.columns, data.rows)
    const share = data.rows.reduce((sum, row) => sum + (y[row] ? weights[row]! : 0), 0)
    const total = data.rows.reduce((sum, row) => sum + weights[row]!, 0)
    expect(p.reduce((sum, one) => sum + one, 0) / p.length).toBeCloseTo(share / total, 1)
  })

  test('leaves this thread free while it works', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await lstm({ ...small, units: 32, epochs: 3 }).fit(data, { seed: 1, workers: 1 })
    clearInterval(timer)
    expect(turns).toBeGreaterThan(2)
  })

  test('a thread that fails ends it with the reason, and leaves none behind', async () => {
    const settings = recurrentSettings('lstm', small)
    const network = { cell: 'lstm', features: 3, units: 6, layers: 2, classes: 2 } as const
    const task = trainingTask(network, settings, 1, 2, { ...data, validation: data.later })
    const crew = crewOf(task, pathToFileURL('/nowhere/worker.js'))
    await expect(crew.epoch({ epoch: 0, power1: 1, power2: 1 })).rejects.toThrow(
      /a thread that trains could not be started or kept \(.*nowhere.*workers: 1/,
    )
    await crew.end()
  })

  test('the matrix is shared, half the size of the columns, and windows are not copied', () => {
    const rows = Int32Array.from({ length: 100_000 }, (_, k) => k + 59)
    const columns = Array.from({ length: 12 }, () => new Float64Array(100_059))
    const settings = recurrentSettings('lstm', { window: 60, units: 64 })
    const network = { cell: 'lstm', features: 12, units: 64, layers: 1, classes: 2 } as const
    const made = { columns, y: new Int8Array(100_059), weights: null, rows, validation: new Int32Array(0) }
    const task = trainingTask(network, settings, 1, 2, made)
    const base = 100_059 * 12 * 4
    expect(task.matrix.byteLength).toBe(base)
    const { training, order, losses, squares, memory } = task
    const all = [...Object.values(training), order, losses, squares, task.matrix].map(({ byteLength }) => byteLength)
    // the issue allows four times the base matrix, for 500,000 windows; what does not grow with the rows weighs more here
    const taken = all.reduce((sum, bytes) => sum + bytes, memory.buffer.byteLength)
    expect(taken).toBeLessThan(3 * base)
    // memory comes in pages, of which the forecast knows nothing
    expect(Math.abs(taskBytes(network, settings, 2, made) - taken)).toBeLessThan(100_000)
  })
})

describe('refusals', () => {
  let data: TrainingSet
  beforeAll(() => {
    data = memorySet(100, 8)
  })

  test.each([
    [{ units: 0 }, /lstm: units is 0: write a whole number from 1 to 2048/],
    [{ units: 1.5 }, /units is 1.5/],
    [{ layers: 9 }, /layers is 9/],
    [{ window: 0 }, /window is 0/],
    [{ dropout: 1, layers: 2 }, /dropout is 1: write a fraction of at least 0 and less than 1/],
    [{ dropout: 0.5 }, /acts between layers, and there is one/],
    [{ epochs: Number.NaN }, /epochs is NaN/],
    [{ batch: -1 }, /batch is -1/],
    [{ learningRate: 0 }, /learningRate is 0/],
    [{ clip: 0 }, /clip is 0: write a number above 0, or null/],
    [{ patience: 0 }, /patience is 0/],
    [{ l2: -1 }, /l2 is -1/],
  ])('settings %j', (settings, message) => {
    expect(() => lstm(settings)).toThrow(RangeError)
    expect(() => lstm(settings)).toThrow(message)
  })

  test('a setting that it does not know', () => {
    expect(() => gru({ unit: 3 } as object)).toThrow(/gru: unknown setting "unit" \(did you mean "units"\?\)/)
  })

  const learn = (changed: Partial<TrainingSet>, options: object = {}) =>
    lstm(small).fit({ ...data, ...changed }, { seed: 1, ...options })
  const without = (row: number, value: number) =>
    data.columns.map((column, k) => (k === 1 ? column.map((v, at) => (at === row ? value : v)) : column))

  test.each([
    ['no rows', () => learn({ rows: new Int32Array(0) }), /there are no rows/],
    ['no features', () => learn({ names: [], columns: [] }), /no features/],
    [
      'a row without enough rows before it',
      () => learn({ rows: Int32Array.of(3, 9) }),
      /row 3 has 3 rows before it, a window of 5 needs 4/,
    ],
    ['a row that is not there', () => learn({ rows: Int32Array.of(9, 100) }), /there is no row 100: the data have 100/],
    [
      'NaN inside a window',
      () => learn({ columns: without(20, Number.NaN) }),
      /the window of row 20 holds b = NaN at row 20/,
    ],
    ['a number beyond 32 bits', () => learn({ columns: without(20, 1e39) }), /holds b = 1e\+39 at row 20/],
    ['one class only', () => learn({ y: data.y.map(() => 1) }), /all 76 rows are of class 1/],
    ['a row without a class', () => learn({ y: data.y.map(() => -1) }), /row 4 has class -1 of 2/],
    ['class 2 of two', () => learn({ y: data.y.map(() => 2) }), /row 4 has class 2 of 2/],
    ['a negative weight', () => learn({ weights: new Float64Array(100).fill(-1) }), /row 4 weighs -1/],
    ['no weight at all', () => learn({ weights: new Float64Array(100) }), /all rows weigh 0/],
    [
      'validation rows that are none',
      () => learn({}, { validation: new Int32Array(0) }),
      /there are no validation rows/,
    ],
    [
      'a validation row without a window',
      () => learn({}, { validation: Int32Array.of(1) }),
      /validation rows: row 1 has 1 rows/,
    ],
    ['too many workers', () => learn({}, { workers: 5 }), /workers is 5: write a whole number from 1 to 4/],
    ['a checkpoint that is none', () => learn({}, { resume: {} }), /not a checkpoint/],
  ])('%s', async (_, attempt, message) => {
    await expect(attempt()).rejects.toThrow(RangeError)
    await expect(attempt()).rejects.toThrow(message)
  })

  test('a row before the broken one is taken, and one whose window has passed it', async () => {
    const rows = Int32Array.of(...data.rows.filter((row) => row < 20 || row > 24))
    await expect(learn({ columns: without(20, Number.NaN), rows })).resolves.toBeDefined()
    await expect(learn({ columns: without(20, Number.NaN), rows: Int32Array.of(24, 25) })).rejects.toThrow(
      /window of row 24/,
    )
  })

  test('a checkpoint of another training, by what differs', async () => {
    let kept: RecurrentCheckpoint | undefined
    await learn({}, { onCheckpoint: (one: RecurrentCheckpoint) => (kept = one) })
    await expect(learn({}, { resume: kept, seed: 2 })).rejects.toThrow(/its seed 1, here 2/)
    await expect(learn({ rows: data.rows.slice(1) }, { resume: kept })).rejects.toThrow(
      /its rows \[76,0\], here \[75,0\]/,
    )
    await expect(gru(small).fit(data, { seed: 1, resume: kept })).rejects.toThrow(/its network .*lstm/)
    const short = { ...kept, mean: kept!.mean.slice(8) }
    await expect(learn({}, { resume: short })).rejects.toThrow(/checkpoint, mean: .* numbers, where the network has/)
  })

  test('a training that diverges, with what to lower', async () => {
    const huge = data.columns.map((column) => column.map((v) => v * 1e38))
    await expect(
      lstm({ ...small, clip: null, learningRate: 1 }).fit({ ...data, columns: huge }, { seed: 1 }),
    ).rejects.toThrow(/diverged in epoch \d+ .*lower learningRate \(1\) or clip \(null\)/)
  })

  test('more memory than there is, before any is taken', () => {
    const network = { cell: 'lstm', features: 3, units: 256, layers: 1, classes: 2 } as const
    const settings = recurrentSettings('lstm', { window: WINDOW, units: 256 })
    const taken = { ...data, validation: new Int32Array(0) }
    expect(() => requireMemory(network, settings, 1, taken, 1e6)).toThrow(
      /training needs about 10 MB, 1 MB are free: lower batch \(64\), window \(5\), units \(256\) or the number of rows \(76\)/,
    )
    const needed = taskBytes(network, settings, 1, taken)
    expect(() => requireMemory(network, settings, 1, taken, needed - 1)).toThrow(/needs about 10 MB, 10 MB are free/)
    expect(() => requireMemory(network, settings, 1, taken, needed)).not.toThrow()
    const vast = recurrentSettings('lstm', { window: WINDOW, units: 2048, layers: 8, batch: 65_536 })
    const wide = { cell: 'lstm', features: 3, units: 2048, layers: 8, classes: 2 } as const
    expect(() => requireMemory(wide, vast, 4, taken, 1e15)).toThrow(
      /needs about \d+ GB in one piece, 4 GB are the most/,
    )
  })

  test('predicting from other columns, or from rows whose windows are not whole', async () => {
    const fitted = await learn({})
    expect(() => fitted.predictProba(data.columns.slice(1), data.rows)).toThrow(/2 columns, learnt from 3: a, b, c/)
    expect(() => fitted.predictProba(data.columns, Int32Array.of(3))).toThrow(/row 3 has 3 rows before it/)
    expect(() => fitted.predictProba(without(50, Number.NaN), Int32Array.of(52))).toThrow(
      /window of row 52 holds b = NaN/,
    )
    expect(fitted.predictProba(data.columns, new Int32Array(0))).toEqual(new Float64Array(0))
  })

  test('JSON of something else, or cut short', async () => {
    const json = JSON.parse(bytesOf(await learn({}))) as Record<string, unknown>
    expect(() => recurrentFromJson(null)).toThrow(/not an LSTM or GRU/)
    expect(() => recurrentFromJson({ ...json, version: 2 }, 'model.json')).toThrow(
      /model\.json: kind "lstm", version 2/,
    )
    expect(() => recurrentFromJson({ ...json, names: [] })).toThrow(/names are \[\]/)
    expect(() => recurrentFromJson({ ...json, classes: 4 })).toThrow(/classes are 4/)
    expect(() => recurrentFromJson({ ...json, names: ['a', 'b'] })).toThrow(
      /weights: \d+ numbers, where the network has/,
    )
    expect(() => recurrentFromJson({ ...json, settings: { units: 0 } })).toThrow(/units is 0/)
  })
})
