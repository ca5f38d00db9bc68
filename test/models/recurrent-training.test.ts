/** Whole epochs against the plain step and the plain Adam: order, shards, weights, dropout, clipping, decay, validation. */
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import type { RecurrentCheckpoint } from '../../src/models/recurrent/checkpoint.ts'
import { type Crew, crewOf } from '../../src/models/recurrent/crew.ts'
import { drawsOf, factorOf } from '../../src/models/recurrent/dropout.ts'
import { isBias, type Network, tensorsOf } from '../../src/models/recurrent/network.ts'
import { packingOf, placesOf, unpack } from '../../src/models/recurrent/packing.ts'
import { referenceStep } from '../../src/models/recurrent/reference.ts'
import { referenceAdam } from '../../src/models/recurrent/reference-adam.ts'
import { recurrentSettings } from '../../src/models/recurrent/settings.ts'
import { train } from '../../src/models/recurrent/train.ts'
import { trainingRoom, trainingTask } from '../../src/models/recurrent/training-task.ts'

const WINDOW = 4
const SEED = 11
/** More than a panel holds, and no multiple of a tile: batches of another size leave other numbers where they end. */
const FEATURES = 13

describe.each(['lstm', 'gru'] as const)('%s', (cell) => {
  test('two epochs come to the weights and losses of the plain step', async () => {
    const network: Network = { cell, features: FEATURES, units: 6, layers: 2, classes: 3 }
    const settings = recurrentSettings(cell, {
      units: 6,
      layers: 2,
      window: WINDOW,
      dropout: 0.25,
      epochs: 2,
      batch: 22,
      learningRate: 0.01,
      // gradients have norms about 0.5 here: some are clipped and some are not
      clip: 0.4,
      l2: 0.01,
    })
    const random = seededRandom(4)
    const length = 90
    const columns = Array.from({ length: FEATURES }, () => Float64Array.from({ length }, () => 4 * random() - 2))
    const y = Int8Array.from({ length }, () => Math.floor(3 * random()))
    const weights = Float64Array.from({ length }, () => 3 * random())
    // 50 rows: two batches of 22 and one of 6, whose shards are of 1 and 2 rows
    const rows = Int32Array.from({ length: 50 }, (_, k) => k + 10)
    const validation = Int32Array.from({ length: 21 }, (_, k) => k + 65)
    const task = trainingTask(network, settings, SEED, 2, { columns, y, weights, rows, validation })
    const room = trainingRoom(network, settings, 2)
    const places = placesOf(network, packingOf(network))
    const packed = new Float32Array(task.memory.buffer, room.weights, room.packing.count)

    const inner = crewOf(task)
    const orders: number[][] = []
    let begun = new Float64Array(0)
    const watched: Crew = {
      epoch(epoch) {
        if (epoch.epoch === 0) begun = Float64Array.from(unpack(places, packed))
        orders.push([...task.order])
        return inner.epoch(epoch)
      },
      end: () => inner.end(),
    }
    const checkpoints: RecurrentCheckpoint[] = []
    const { history } = await train(task, watched, {
      resume: null,
      onCheckpoint: (one) => checkpoints.push(one as RecurrentCheckpoint),
    })
    const ended = unpack(places, packed)
    await watched.end()

    const sorted = (order: readonly number[]) => [...order].sort((a, b) => a - b)
    for (const order of orders) expect(sorted(order)).toEqual(sorted([...rows.keys()]))
    expect(orders[0]).not.toEqual(orders[1])

    const window = (row: number) =>
      Array.from({ length: WINDOW * FEATURES }, (_, k) =>
        Math.fround(columns[k % FEATURES]![row - WINDOW + 1 + Math.floor(k / FEATURES)]!),
      )
    const sum = (list: readonly number[]) => list.reduce((total, one) => total + one, 0)
    const plain = begun.slice()
    const state = { mean: new Float64Array(plain.length), square: new Float64Array(plain.length), steps: 0 }
    const biases = tensorsOf(network).flatMap((tensor) => Array(tensor.rows * tensor.columns).fill(isBias(tensor)))
    const norms: number[] = []
    for (const [epoch, order] of orders.entries()) {
      let loss = 0
      for (let batch = 0; batch < 3; batch++) {
        const taken = order.slice(22 * batch, 22 * batch + 22).map((sample) => rows[sample]!)
        const total = sum(taken.map((row) => weights[row]!))
        const draws = drawsOf(0.25, 2, SEED, epoch, batch)!
        const step = referenceStep(network, plain, {
          windows: taken.map(window),
          steps: WINDOW,
          y: taken.map((row) => y[row]!),
          shares: taken.map((row) => weights[row]! / total),
          dropout: (layer, row, at, unit) => factorOf(draws, layer, (row * WINDOW + at) * 6 + unit),
        })
        loss += step.loss * total
        norms.push(Math.sqrt(sum([...step.gradient].map((g) => g * g))))
        referenceAdam(plain, step.gradient, state, {
          learningRate: 0.01,
          clip: 0.4,
          decay: (k) => (biases[k] ? 0 : 0.01),
        })
      }
      const watch = referenceStep(network, plain, {
        windows: [...validation].map(window),
        steps: WINDOW,
        y: [...validation].map((row) => y[row]!),
        shares: [...validation].map((row) => weights[row]! / sum([...validation].map((one) => weights[one]!))),
      })
      expect(history[epoch]!.loss).toBeCloseTo(loss / sum([...rows].map((row) => weights[row]!)), 5)
      expect(history[epoch]!.validationLoss).toBeCloseTo(watch.loss, 5)
    }
    expect(norms.some((norm) => norm > 0.4) && norms.some((norm) => norm < 0.4)).toBe(true)
    for (const [k, weight] of ended.entries()) expect(Math.abs(weight - plain[k]!)).toBeLessThan(2e-4)
    // Adam divides by the root of what is nearly 0 for some, and a difference in the last bit grows there; most are far nearer
    const apart = [...ended].map((weight, k) => Math.abs(weight - plain[k]!)).sort((a, b) => a - b)
    expect(apart[apart.length >> 1]!).toBeLessThan(1e-6)
    expect(checkpoints.map(({ epoch }) => epoch)).toEqual([1, 2])
  })
})
