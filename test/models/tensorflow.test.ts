/** Perceptron and convolutions as classifiers: what they learn, chance, stopping, memory, and what they refuse. */
import { memory } from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import type { TrainingSet } from '../../src/models/classifier.ts'
import { cnn1d, cnn1dFromJson } from '../../src/models/tensorflow/cnn1d.ts'
import { loadTensorflow } from '../../src/models/tensorflow/load-tensorflow.ts'
import { mlp, mlpFromJson } from '../../src/models/tensorflow/mlp.ts'
import { mlpNetwork } from '../../src/models/tensorflow/mlp-network.ts'
import type { NetworkPlan } from '../../src/models/tensorflow/network.ts'
import { networkClassifier } from '../../src/models/tensorflow/network-classifier.ts'
import { LEARNING, type LearningSettings } from '../../src/models/tensorflow/settings.ts'
import type { Tensorflow } from '../../src/models/tensorflow/tensorflow.ts'
import { madeTraining, trainingOf, upTo } from './made-training.ts'

const quick = { epochs: 3, batch: 60, learningRate: 0.01 }
const bytesOf = (fitted: { toJSON(): unknown }) => JSON.stringify(fitted.toJSON())
const shareRight = ({ y, classes }: TrainingSet, p: Float64Array, rows: Int32Array): number => {
  const width = classes === 2 ? 1 : 3
  const guess = (k: number) => {
    const own = p.subarray(k * width, k * width + width)
    return classes === 2 ? Number(own[0]! > 0.5) : own.indexOf(Math.max(...own))
  }
  return rows.filter((row, k) => guess(k) === y[row]).length / rows.length
}

/** Class 1 where exactly one of two noisy signs is up: no straight line tells them apart. */
function xor(rows: number, seed: number): TrainingSet {
  const random = seededRandom(seed)
  const columns = [0, 1].map(() => Float64Array.from({ length: rows }, () => 2 * random() - 1))
  return trainingOf(
    columns,
    columns[0]!.map((a, row) => Number(a > 0 !== columns[1]![row]! > 0)),
  )
}

const WINDOW = 8
/** A jump of the first feature by more than 1 from one row to the next, anywhere in the window; of three classes by where it goes. */
function jumps(length: number, seed: number, classes: 2 | 3): TrainingSet & { readonly later: Int32Array } {
  const random = seededRandom(seed)
  const columns = [0, 1].map(() => Float64Array.from({ length }, () => 0.4 * random()))
  for (let row = 0; row < length; row++) if (random() < 0.1) columns[0]![row]! += random() < 0.5 ? 3 : -3
  const y = Int8Array.from({ length }, (_, row) => {
    const own = columns[0]!.slice(Math.max(0, row - WINDOW + 1), row + 1)
    const [up, down] = [own.some((v) => v > 2), own.some((v) => v < -2)]
    if (classes === 2) return Number(up)
    return up ? 2 : down ? 0 : 1
  })
  const all = upTo(length, WINDOW - 1)
  const cut = Math.floor(0.8 * all.length)
  return { names: ['a', 'b'], columns, rows: all.slice(0, cut), y, classes, weights: null, later: all.slice(cut) }
}

describe('learning', () => {
  test('a perceptron learns what no straight line can tell', async () => {
    const data = xor(800, 1)
    const rows = upTo(600)
    const learn = (units: number[]) =>
      mlp({ units, epochs: 30, batch: 30, learningRate: 0.03 }).fit({ ...data, rows }, { seed: 1 })
    const [deep, flat] = [await learn([16]), await learn([])]
    const test = upTo(800, 600)
    expect(shareRight(data, deep.predictProba(data.columns, test), test)).toBeGreaterThan(0.95)
    expect(shareRight(data, flat.predictProba(data.columns, test), test)).toBeLessThan(0.65)
    expect(deep.backend).toBe('wasm')
  })

  test.each([
    ['max', 1, 2],
    ['max', 2, 3],
    ['mean', 2, 2],
    ['none', 1, 3],
  ] as const)(
    'a convolution, pool %s, %i layers, %i classes, finds a jump wherever it is in the window',
    async (pool, layers, classes) => {
      const data = jumps(800, 2, classes)
      const model = cnn1d({
        window: WINDOW,
        kernel: 2,
        filters: 8,
        layers,
        pool,
        epochs: 20,
        batch: 36,
        learningRate: 0.03,
      })
      const fitted = await model.fit(data, { seed: 1, validation: data.later })
      const p = fitted.predictProba(data.columns, data.later)
      expect(p.length).toBe(data.later.length * (classes === 2 ? 1 : 3))
      expect(shareRight(data, p, data.later)).toBeGreaterThan(0.93)
      expect(model.window).toBe(WINDOW)
    },
  )

  test('weights lift a class: with nothing to learn the answer is its share of them', async () => {
    const random = seededRandom(3)
    const y = Array.from({ length: 1000 }, () => Number(random() < 0.5))
    const data = trainingOf(
      [y.map(() => random() - 0.5)],
      y,
      2,
      y.map((one) => (one === 1 ? 3 : 1)),
    )
    const ones = y.filter((one) => one === 1).length
    const share = (3 * ones) / (3 * ones + (1000 - ones))
    const fitted = await mlp({ units: [3], epochs: 30, batch: 100, learningRate: 0.02, l2: 0.1 }).fit(data, { seed: 1 })
    const p = fitted.predictProba(data.columns, data.rows)
    expect(Math.abs(p.reduce((sum, one) => sum + one, 0) / 1000 - share)).toBeLessThan(0.02)
    // and validation rows weigh what training rows of their class do: the loss of such an answer, −Σ share · ln share
    const watched = await mlp({ units: [3], epochs: 30, batch: 100, learningRate: 0.02, l2: 0.1 }).fit(data, {
      seed: 1,
      validation: data.rows,
    })
    const expected = -share * Math.log(share) - (1 - share) * Math.log(1 - share)
    expect(Math.abs(watched.history.at(-1)!.validationLoss! - expected)).toBeLessThan(0.01)
  })

  test('a row of no weight teaches nothing', async () => {
    const data = madeTraining({ rows: 200 })
    const weights = Float64Array.from(data.y, (_, row) => row % 2)
    const turned = data.y.map((one, row) => (row % 2 === 1 ? one : 1 - one))
    const learn = (y: Int8Array) => mlp({ units: [4], ...quick }).fit({ ...data, y, weights }, { seed: 1 })
    expect(bytesOf(await learn(turned))).toBe(bytesOf(await learn(data.y)))
  })

  test('decay makes weights smaller', async () => {
    const data = madeTraining({ rows: 300 })
    const spread = async (l2: number) => {
      const fitted = await mlp({ units: [8], epochs: 30, learningRate: 0.01, l2 }).fit(data, { seed: 1 })
      const p = fitted.predictProba(data.columns, data.rows)
      return Math.max(...p) - Math.min(...p)
    }
    expect(await spread(1)).toBeLessThan(0.5 * (await spread(0)))
  })
})

describe('chance and memory', () => {
  const data = jumps(300, 5, 2)
  const model = cnn1d({ window: WINDOW, kernel: 3, filters: 4, layers: 2, dropout: 0.2, epochs: 3, batch: 30 })

  test('another seed, another network; two trainings at the same time do not meet', async () => {
    const alone = bytesOf(await model.fit(data, { seed: 1 }))
    expect(bytesOf(await model.fit(data, { seed: 2 }))).not.toBe(alone)
    const both = await Promise.all([model.fit(data, { seed: 1 }), model.fit(data, { seed: 2 })])
    expect(bytesOf(both[0])).toBe(alone)
    expect(bytesOf(both[1])).not.toBe(alone)
  })

  test('a window has the same bits alone, among others, from JSON, and without what comes after it', async () => {
    const fitted = await model.fit(data, { seed: 1, validation: data.later })
    const again = cnn1dFromJson(JSON.parse(bytesOf(fitted)))
    const together = fitted.predictProba(data.columns, data.later)
    expect(Array.from(data.later, (row) => again.predictProba(data.columns, Int32Array.of(row))[0])).toEqual([
      ...together,
    ])
    const [row] = data.later
    const cut = data.columns.map((column) => column.slice(0, row! + 1))
    expect(fitted.predictProba(cut, Int32Array.of(row!))[0]).toBe(together[0])
  })

  test('no tensor is left behind by a training, one that is stopped, one that fails', async () => {
    await model.fit(data, { seed: 1 })
    const before = memory().numTensors
    await model.fit(data, { seed: 2, validation: data.later })
    await model.fit(data, { seed: 3, onProgress: () => false })
    const broken = async () =>
      model.fit(data, {
        seed: 3,
        onProgress: () => {
          throw new Error('display broke')
        },
      })
    await expect(broken()).rejects.toThrow('display broke')
    await expect(mlp({ units: [4], learningRate: 1e30 }).fit(data, { seed: 1 })).rejects.toThrow(
      /mlp: it diverged in epoch 1/,
    )
    expect(memory().numTensors).toBe(before)
  })

  test('others have their turn between epochs', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    await mlp({ units: [16], epochs: 20 }).fit(madeTraining({ rows: 2000 }), { seed: 1 })
    clearInterval(timer)
    expect(turns).toBeGreaterThan(5)
  })
})

describe('an epoch', () => {
  /** So slow that the weights stay as they begin. */
  const still = { learningRate: 1e-12, batch: 32 }

  /** The library, telling of each tensor that it is given. */
  async function listening(hear: (values: Float32Array, shape: readonly number[]) => void): Promise<Tensorflow> {
    const { tf } = await loadTensorflow('mlp')
    return {
      ...tf,
      tensor(values, shape) {
        hear(values, shape)
        return tf.tensor(values, shape)
      },
    }
  }
  function learnOn(tf: Tensorflow, given: Partial<LearningSettings>, units: readonly number[]) {
    const plan: NetworkPlan = {
      kind: 'mlp',
      window: 1,
      settings: { ...LEARNING, ...still, ...given },
      network: (features, classes) => mlpNetwork({ features, classes, units }),
    }
    return networkClassifier(plan, async () => ({ tf, backend: 'wasm', note: null }))
  }

  test('gives the mean by weight of the losses of all rows', async () => {
    const made = madeTraining({ rows: 100 })
    const data = { ...made, weights: Float64Array.from(made.y, (_, row) => 0.5 + (row % 4)) }
    const fitted = await mlp({ ...still, units: [4], epochs: 1 }).fit(data, { seed: 1 })
    const p = fitted.predictProba(data.columns, data.rows)
    const total = data.weights.reduce((sum, weight) => sum + weight, 0)
    const loss = data.rows.reduce(
      (sum, row) => sum - data.weights[row]! * Math.log(data.y[row] ? p[row]! : 1 - p[row]!),
      0,
    )
    expect(Math.abs(fitted.history[0]!.loss - loss / total)).toBeLessThan(1e-6)
  })

  test('takes each row once, in an order of its own', async () => {
    const taken: number[] = []
    const tf = await listening((values, shape) => {
      if (shape.length === 2 && shape[1] === 1 && values[0]! >= 100) taken.push(...values)
    })
    const rows = Array.from({ length: 75 }, (_, row) => 100 + row)
    const data = trainingOf(
      [rows],
      rows.map((row) => row % 2),
    )
    await learnOn(tf, { epochs: 3 }, [2]).fit(data, { seed: 1 })
    const epochs = [taken.slice(0, 75), taken.slice(75, 150), taken.slice(150)]
    for (const epoch of epochs) expect([...epoch].sort((a, b) => a - b)).toEqual(rows)
    expect(new Set([rows, ...epochs].map(String)).size).toBe(4)
  })

  test('drops others in each batch and epoch', async () => {
    const masks: string[] = []
    const data = trainingOf(
      [upTo(64)].map((rows) => [...rows]),
      upTo(64).map((row) => row % 2),
    )
    const tf = await listening((values, shape) => {
      if (shape.length === 2 && shape[1] === 8 && shape[0] === 32) masks.push(values.join())
    })
    await learnOn(tf, { dropout: 0.5, epochs: 2 }, [8]).fit(data, { seed: 1 })
    expect(masks.length).toBe(4)
    expect(new Set(masks).size).toBe(4)
  })
})

describe('stopping', () => {
  const data = madeTraining({ rows: 400, seed: 4 })
  const own = { ...data, rows: upTo(300) }
  const validation = upTo(400, 300)
  // so many units and so large a rate learn 300 rows by heart
  const eager = { units: [64], epochs: 200, batch: 30, learningRate: 0.05, patience: 3 }

  test('ends when validation rows have shown nothing better for as long as patience lasts, with the best epoch', async () => {
    const fitted = await mlp(eager).fit(own, { seed: 1, validation })
    const losses = fitted.history.map(({ validationLoss }) => validationLoss!)
    const best = losses.indexOf(Math.min(...losses))
    expect(losses.length).toBe(best + 1 + 3)
    expect(losses.length).toBeLessThan(200)
    // log loss of what it foretells, with the weights that validation rows have here: all 1
    const p = fitted.predictProba(data.columns, validation)
    const loss = validation.reduce((sum, row, k) => sum - Math.log(data.y[row] === 1 ? p[k]! : 1 - p[k]!), 0) / 100
    expect(Math.abs(loss - losses[best]!)).toBeLessThan(1e-12)
    expect(losses[best]).toBeLessThan(losses.at(-1)!)
  })

  test('stops after the epoch in which it is told to, with the best so far', async () => {
    const seen: unknown[] = []
    const settings = { ...eager, patience: 100 }
    const onProgress = (step: {
      readonly done: number
      readonly total: number
      readonly loss: number
      readonly validationLoss: number | null
    }) => {
      seen.push([step.done, step.total, { loss: step.loss, validationLoss: step.validationLoss }])
      return step.done < 12
    }
    const fitted = await mlp(settings).fit(own, { seed: 1, validation, onProgress })
    expect(seen).toEqual(fitted.history.map((losses, k) => [k + 1, 200, losses]))
    expect(seen.length).toBe(12)
    const losses = fitted.history.map(({ validationLoss }) => validationLoss!)
    const best = losses.indexOf(Math.min(...losses))
    expect(best).toBeLessThan(11)
    const short = await mlp({ ...settings, epochs: best + 1 }).fit(own, { seed: 1, validation })
    expect(fitted.predictProba(data.columns, validation)).toEqual(short.predictProba(data.columns, validation))
  })

  test('without validation rows all epochs are done and the last is kept', async () => {
    const fitted = await mlp({ ...eager, epochs: 8 }).fit(own, { seed: 1 })
    const other = await mlp({ ...eager, epochs: 20 }).fit(own, { seed: 1, onProgress: ({ done }) => done < 8 })
    expect(fitted.history.map(({ validationLoss }) => validationLoss)).toEqual(new Array(8).fill(null))
    expect(other.predictProba(data.columns, validation)).toEqual(fitted.predictProba(data.columns, validation))
  })
})

describe('refusals', () => {
  test.each([
    [() => mlp({ units: 64 as unknown as number[] }), /mlp: units is 64: write up to 16 whole numbers/],
    [() => mlp({ units: [0] }), /units is \[0\]/],
    [() => mlp({ dropout: 1 }), /mlp: dropout is 1: write a fraction of at least 0, less than 1/],
    [() => mlp({ epochs: 0 }), /epochs is 0/],
    [() => mlp({ batch: 1.5 }), /batch is 1\.5/],
    [() => mlp({ learningRate: 0 }), /learningRate is 0/],
    [() => mlp({ patience: -1 }), /patience is -1/],
    [() => mlp({ l2: -1 }), /l2 is -1/],
    [() => mlp({ unit: [3] } as object), /mlp: unknown setting "unit" \(did you mean "units"\?\)/],
    [() => cnn1d({ window: 0 }), /cnn1d: window is 0/],
    [() => cnn1d({ filters: 0 }), /filters is 0/],
    [() => cnn1d({ window: 4, kernel: 5 }), /kernel is 5: write a whole number from 1 to 4/],
    [() => cnn1d({ window: 9, kernel: 5, layers: 3 }), /layers is 3: write at most 2: each takes 4 rows of 9/],
    [() => cnn1d({ pool: 'min' as 'max' }), /pool is "min": write "mean", "max" or "none"/],
  ])('%s', (make, message) => {
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })

  test('rows whose windows are not whole, in training, validation and prediction', async () => {
    const data = jumps(100, 8, 2)
    const model = cnn1d({ window: WINDOW, kernel: 2, filters: 2, epochs: 1 })
    await expect(model.fit({ ...data, rows: Int32Array.of(3, ...data.rows) }, { seed: 1 })).rejects.toThrow(
      /cnn1d, training rows: row 3 has 3 rows before it, a window of 8 needs 7/,
    )
    const holed = { ...data, columns: data.columns.map((column) => column.with(90, Number.NaN)) }
    await expect(model.fit(holed, { seed: 1, validation: Int32Array.of(92) })).rejects.toThrow(
      /validation rows: the window of row 92 holds a = NaN at row 90/,
    )
    await expect(model.fit(holed, { seed: 1, validation: Int32Array.of(90) })).rejects.toThrow(
      /"a" is NaN in validation row 90/,
    )
    const fitted = await model.fit(data, { seed: 1 })
    expect(() => fitted.predictProba(holed.columns, Int32Array.of(92))).toThrow(/window of row 92 holds a = NaN/)
    expect(fitted.predictProba(data.columns, new Int32Array(0))).toEqual(new Float64Array(0))
  })

  test('a batch that would not fit, before anything is begun', async () => {
    const data = jumps(2000, 8, 2)
    const vast = cnn1d({ window: 1000, kernel: 500, batch: 512 })
    await expect(vast.fit({ ...data, rows: upTo(2000, 999) }, { seed: 1 })).rejects.toThrow(
      /cnn1d: a batch would lay out 512000000 numbers, of which 134217728 are the most: lower batch \(512\)/,
    )
  })

  test('JSON whose weights or history are cut short', async () => {
    const json = (await mlp({ units: [2], epochs: 1 }).fit(madeTraining({ rows: 50 }), { seed: 1 })).toJSON() as Record<
      string,
      unknown
    >
    expect(() => mlpFromJson({ ...json, weights: String(json['weights']).slice(8) }, 'model.json')).toThrow(
      /model\.json: weights is .*, not 13 numbers of 32 bits in base64/,
    )
    const infinite = Buffer.from(new Float32Array(13).fill(Number.POSITIVE_INFINITY).buffer).toString('base64')
    expect(() => mlpFromJson({ ...json, weights: infinite })).toThrow(/finite/)
    expect(() => mlpFromJson({ ...json, history: [{ loss: 1 }] })).toThrow(/history/)
    expect(() => mlpFromJson({ ...json, kind: 'cnn1d' })).toThrow(/kind is "cnn1d"/)
  })

  test('a row without a feature has no probability where there is no window', async () => {
    const data = madeTraining({ rows: 60 })
    const fitted = await mlp({ units: [3], epochs: 1 }).fit(data, { seed: 1 })
    const holed = data.columns.with(1, data.columns[1]!.with(7, Number.NaN))
    const p = fitted.predictProba(holed, Int32Array.of(6, 7))
    expect(p[0]).toBe(fitted.predictProba(data.columns, Int32Array.of(6))[0])
    expect(p[1]).toBeNaN()
    const straight = await mlp({ units: [], epochs: 1 }).fit(data, { seed: 1 })
    const vast = data.columns.with(0, data.columns[0]!.with(7, 1e39))
    expect(straight.predictProba(vast, Int32Array.of(7))[0]).toBeNaN()
    // features count as they were learnt, in 32 bits
    const rounded = data.columns.map((column) => column.map(Math.fround))
    expect(fitted.predictProba(rounded, data.rows)).toEqual(fitted.predictProba(data.columns, data.rows))
  })
})
