/** Perceptrons and convolutions twice over: what TensorFlow.js learns by, and the plain code that foretells. */

import * as core from '@tensorflow/tfjs-core'
import * as layers from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { crossEntropy } from '../../src/models/recurrent/head.ts'
import { referenceAdam } from '../../src/models/recurrent/reference-adam.ts'
import { cnnNetwork, type Pool } from '../../src/models/tensorflow/cnn-network.ts'
import { Learner } from '../../src/models/tensorflow/learner.ts'
import { loadTensorflow } from '../../src/models/tensorflow/load-tensorflow.ts'
import { mlpNetwork } from '../../src/models/tensorflow/mlp-network.ts'
import { initialWeights, logitsOf, type Network, placesOf, weightCount } from '../../src/models/tensorflow/network.ts'
import { LEARNING } from '../../src/models/tensorflow/settings.ts'
import type { Tensorflow } from '../../src/models/tensorflow/tensorflow.ts'
import { goldenJson, hasGolden } from '../indicators/recorded.ts'
import { farthest } from './made-training.ts'

let tf: Tensorflow
beforeAll(async () => {
  tf = (await loadTensorflow('mlp')).tf
})

const cnn = (pool: Pool, depth: number, classes: 2 | 3 = 2) =>
  cnnNetwork({ features: 3, classes, window: 9, filters: 5, kernel: 3, layers: depth, pool })
const NETWORKS: readonly (readonly [string, Network])[] = [
  ['mlp without hidden layers', mlpNetwork({ features: 5, classes: 2, units: [] })],
  ['mlp of one', mlpNetwork({ features: 5, classes: 3, units: [7] })],
  ['mlp of two', mlpNetwork({ features: 60, classes: 2, units: [64, 3] })],
  ['cnn of one layer, mean', cnn('mean', 1, 3)],
  ['cnn of one layer, max', cnn('max', 1)],
  ['cnn of one layer, each position', cnn('none', 1)],
  ['cnn of three layers, mean', cnn('mean', 3)],
  ['cnn of three layers, max', cnn('max', 3, 3)],
  ['cnn of four layers, each position', cnn('none', 4)],
]

/** Multiples of 2⁻¹², so that a step of 2⁻¹⁸ is exact in 32 bits, and too small to cross a kink; biases too. */
function roundWeights(network: Network, seed: number): Float32Array {
  const random = seededRandom(seed)
  return Float32Array.from({ length: weightCount(network) }, () => Math.round((random() - 0.5) * 4096) / 4096)
}
function madeRows(network: Network, count: number, seed: number) {
  const random = seededRandom(seed)
  const x = Float32Array.from({ length: count * network.window * network.features }, () => 2 * random() - 1)
  const y = Array.from({ length: count }, () => Math.floor(random() * network.classes))
  const shares = Array.from({ length: count }, () => (0.5 + random()) / count)
  return { x, y, shares }
}
function plainLoss(network: Network, weights: Float32Array, { x, y, shares }: ReturnType<typeof madeRows>): number {
  const foretell = network.foretell(weights)
  const size = network.window * network.features
  const slope = new Float64Array(3)
  return y.reduce(
    (sum, own, k) =>
      sum +
      shares[k]! *
        crossEntropy(
          foretell(Float64Array.from(x.subarray(k * size, k * size + size))),
          0,
          network.classes,
          own,
          slope,
        ),
    0,
  )
}

/** The same network out of the library's own layers, which know nothing of ours. */
function layersModel(network: Network, pool: Pool | null, weights: Float32Array) {
  const places = placesOf(network.products)
  const { features, window } = network
  const model = layers.sequential()
  const last = network.products.length - 1
  for (const [k, { inputs, outputs }] of network.products.entries()) {
    const isHead = k === last
    const inputShape = k > 0 ? undefined : pool === null ? [features] : [window, features]
    if (pool !== null && isHead)
      model.add(
        pool === 'mean'
          ? layers.layers.globalAveragePooling1d({})
          : pool === 'max'
            ? layers.layers.globalMaxPooling1d({})
            : layers.layers.flatten(),
      )
    const activation = isHead ? 'linear' : 'relu'
    const layer =
      pool === null || isHead
        ? layers.layers.dense({ units: outputs, activation, ...(inputShape && { inputShape }) })
        : layers.layers.conv1d({ filters: outputs, kernelSize: 3, activation, ...(inputShape && { inputShape }) })
    model.add(layer)
    const at = places[k]!
    const shape = layer.getWeights()[0]!.shape
    layer.setWeights([
      core.tensor(weights.slice(at, at + inputs * outputs), shape),
      core.tensor(weights.slice(at + inputs * outputs, at + (inputs + 1) * outputs)),
    ])
  }
  return model
}

describe.each(NETWORKS)('%s', (name, network) => {
  const pool = name.startsWith('mlp') ? null : name.endsWith('mean') ? 'mean' : name.endsWith('max') ? 'max' : 'none'

  test("foretells what the library's own layers do", () => {
    const weights = roundWeights(network, 1)
    const { x } = madeRows(network, 20, 2)
    const model = layersModel(network, pool, weights)
    const shape = pool === null ? [20, network.features] : [20, network.window, network.features]
    const theirs = (model.predict(core.tensor(x, shape)) as core.Tensor).dataSync()
    const foretell = network.foretell(weights)
    const size = x.length / 20
    const ours = Array.from({ length: 20 }, (_, k) => [
      ...foretell(Float64Array.from(x.subarray(k * size, k * size + size))),
    ]).flat()
    expect(new Set(ours).size).toBeGreaterThan(15)
    expect(farthest(ours, theirs)).toBeLessThan(1e-6 * Math.max(1, ...ours.map(Math.abs)))
    model.dispose()
  })

  test('learns down the slope of what it foretells', () => {
    const weights = roundWeights(network, 3)
    const rows = madeRows(network, 6, 4)
    const learner = new Learner(tf, network, LEARNING, weights)
    const slopes = learner.gradient(rows.x, rows.y, rows.shares, 1)
    learner.dispose()
    expect(slopes.filter((one) => one !== 0).length).toBeGreaterThan(slopes.length / 3)
    const h = 2 ** -18
    // by differences, of some of many
    for (let k = 0; k < weights.length; k += Math.ceil(weights.length / 150)) {
      const moved = (by: number) => plainLoss(network, weights.with(k, weights[k]! + by), rows)
      expect(Math.abs((moved(h) - moved(-h)) / (2 * h) - slopes[k]!)).toBeLessThan(1e-6)
    }
  })

  test("steps as torch's Adam does, decay on all but biases", () => {
    const settings = { ...LEARNING, learningRate: 0.01, l2: 0.1 }
    const start = roundWeights(network, 5)
    const learner = new Learner(tf, network, settings, start)
    const expected = Float64Array.from(start)
    const state = { mean: new Float64Array(start.length), square: new Float64Array(start.length), steps: 0 }
    const isBias = new Set(
      network.products.flatMap(({ inputs, outputs }, k) =>
        Array.from({ length: outputs }, (_, o) => placesOf(network.products)[k]! + inputs * outputs + o),
      ),
    )
    for (let step = 0; step < 3; step++) {
      const { x, y, shares } = madeRows(network, 8, 6 + step)
      const gradient = Float64Array.from(learner.gradient(x, y, shares, 1))
      const loss = plainLoss(network, learner.weights(), { x, y, shares })
      expect(Math.abs(learner.step(x, y, shares, 1) - loss)).toBeLessThan(1e-5)
      referenceAdam(expected, gradient, state, {
        learningRate: 0.01,
        clip: null,
        decay: (k) => (isBias.has(k) ? 0 : 0.1),
      })
    }
    // where a gradient is next to nothing, what 32 bits leave of it decides the step
    const odd = [...learner.weights()].filter((one, k) => !(Math.abs(one - expected[k]!) < 1e-5))
    expect(odd.length).toBeLessThanOrEqual(start.length / 100)
    expect(farthest(start, expected)).toBeGreaterThan(0.02)
    learner.dispose()
  })

  test('begins within the limits of Glorot, each seed elsewhere, and without biases', () => {
    const weights = initialWeights(network, seededRandom(1))
    const places = placesOf(network.products)
    for (const [k, { inputs, outputs }] of network.products.entries()) {
      const [at, end] = [places[k]!, places[k]! + inputs * outputs]
      const most = weights.slice(at, end).reduce((a, b) => Math.max(a, Math.abs(b)), 0)
      expect(most).toBeLessThanOrEqual(Math.sqrt(6 / (inputs + outputs)))
      expect(most).toBeGreaterThan(0.5 * Math.sqrt(6 / (inputs + outputs)))
      expect(weights.slice(end, end + outputs)).toEqual(new Float32Array(outputs))
    }
    expect(initialWeights(network, seededRandom(1))).toEqual(weights)
    expect(initialWeights(network, seededRandom(2))).not.toEqual(weights)
  })
})

interface Golden {
  readonly params: Readonly<Record<string, never>>
  readonly grads: Readonly<Record<string, never>>
  readonly x: readonly (readonly number[])[]
  readonly y: readonly number[]
  readonly class_weight: readonly number[]
  readonly loss: number
}

describe.skipIf(!hasGolden)("PyTorch's numbers (golden/ml/mlp_torch.json)", () => {
  // torch has a row for each output, here it has one for each input
  const flat = (of: Readonly<Record<string, never>>) =>
    Float32Array.from(
      [0, 2].flatMap((layer) => {
        const [matrix, bias] = [
          of[`${layer}.weight`] as readonly (readonly number[])[],
          of[`${layer}.bias`] as readonly number[],
        ]
        return [...matrix[0]!.flatMap((_, i) => matrix.map((row) => row[i]!)), ...bias]
      }),
    )

  test('loss and every gradient', () => {
    const golden = goldenJson<Golden>('ml/mlp_torch.json')
    const network = mlpNetwork({ features: 4, classes: 3, units: [6] })
    const weights = flat(golden.params)
    const x = Float32Array.from(golden.x.flat())
    const own = golden.y.map((one) => golden.class_weight[one]!)
    const shares = own.map((weight) => weight / own.reduce((a, b) => a + b))
    expect(Math.abs(plainLoss(network, weights, { x, y: [...golden.y], shares }) - golden.loss)).toBeLessThan(1e-6)
    const learner = new Learner(tf, network, LEARNING, weights)
    expect(farthest(learner.gradient(x, golden.y, shares, 1), flat(golden.grads))).toBeLessThan(1e-6)
    expect(Math.abs(learner.step(x, golden.y, shares, 1) - golden.loss)).toBeLessThan(1e-6)
    learner.dispose()
    expect(logitsOf(3)).toBe(3)
  })
})

test('dropout of one layer is not that of the next', () => {
  const network = mlpNetwork({ features: 1, classes: 2, units: [300, 300] })
  const [, second, head] = placesOf(network.products) as [number, number, number]
  const weights = new Float32Array(weightCount(network))
  // the first layer gives 1 everywhere, the second hands it on
  weights.fill(1, 300, 600)
  for (let unit = 0; unit < 300; unit++) weights[second + 301 * unit] = 1
  const learner = new Learner(tf, network, { ...LEARNING, dropout: 0.5 }, weights)
  const slopes = learner.gradient(Float32Array.of(0), [0], [1], 1).slice(head, head + 300)
  // one half of one half comes through
  expect(Math.abs(slopes.filter((one) => one !== 0).length / 300 - 0.25)).toBeLessThan(0.08)
  learner.dispose()
})

test('dropout takes away its share, scales up what is left, and is another for each layer and seed', () => {
  const network = mlpNetwork({ features: 1, classes: 2, units: [2000] })
  // every hidden unit gives 1 and counts 1 ÷ 2000: the logit is what dropout leaves of it, scaled up
  const weights = new Float32Array(weightCount(network))
  const [, head] = placesOf(network.products) as [number, number]
  weights.fill(1, 2000, 4000).fill(1 / 2000, head, head + 2000)
  const learner = new Learner(tf, network, { ...LEARNING, dropout: 0.25 }, weights)
  const slopes = (seed: number) => learner.gradient(Float32Array.of(0), [0], [1], seed).slice(head, head + 2000)
  const one = slopes(1)
  const kept = one.filter((slope) => slope !== 0)
  expect(Math.abs(kept.length / 2000 - 0.75)).toBeLessThan(0.03)
  // the slope by a head weight is σ(logit) · unit, with the unit 1 ÷ 0.75 where it is kept
  const logit = kept.length / 2000 / 0.75
  expect(Math.abs(kept[0]! - 1 / (1 + Math.exp(-logit)) / 0.75)).toBeLessThan(1e-5)
  expect(new Set(kept).size).toBe(1)
  expect(slopes(1)).toEqual(one)
  expect(slopes(2)).not.toEqual(one)
  learner.dispose()
})
