/** The kernel against the plain step, in shapes that fill neither panels nor tiles, and what it must do to the bit. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { drawsOf, factorOf } from '../../src/models/recurrent/dropout.ts'
import { kernelMemory, openKernel } from '../../src/models/recurrent/kernel.ts'
import { initialWeights, isBias, type Network, tensorsOf } from '../../src/models/recurrent/network.ts'
import { pack, packingOf, placesOf, unpack } from '../../src/models/recurrent/packing.ts'
import { Pass } from '../../src/models/recurrent/pass.ts'
import { referenceStep } from '../../src/models/recurrent/reference.ts'
import { referenceAdam } from '../../src/models/recurrent/reference-adam.ts'
import { type PassSize, passRoom, Room } from '../../src/models/recurrent/room.ts'
import { ColumnWindows, MatrixWindows } from '../../src/models/recurrent/window-source.ts'

interface Setup {
  readonly network: Network
  readonly steps: number
  readonly rows: number
  readonly seed: number
  readonly dropout: number
}

/** A pass on a memory of its own, with weights and a matrix of features drawn by seed. */
function setUp({ network, steps, rows, seed, dropout }: Setup, isTraining = true) {
  const random = seededRandom(seed)
  const size: PassSize = { rows: Math.ceil(rows / 4) * 4, steps, isTraining, hasDropout: dropout > 0 }
  const packing = packingOf(network)
  const room = new Room()
  const weightsAt = room.floats(packing.count)
  const gradientAt = room.floats(packing.count)
  const place = passRoom(room, network, packing, size)
  const memory = kernelMemory(room.bytes)
  const floats = new Float32Array(memory.buffer)
  const kernel = openKernel(memory)
  const weights = initialWeights(network, random)
  const packed = floats.subarray(weightsAt / 4, weightsAt / 4 + packing.count)
  const places = placesOf(network, packing)
  pack(places, weights, packed)
  const matrix = Float32Array.from({ length: (steps + rows) * network.features }, () => 4 * random() - 2)
  // windows overlap, as those of neighbouring bars do
  const ends = Array.from({ length: rows }, (_, row) => steps - 1 + row)
  const pass = new Pass(kernel, floats, network, packing, place, size, weightsAt)
  pass.refresh()
  const gradient = () => floats.subarray(gradientAt / 4, gradientAt / 4 + packing.count)
  return { packing, places, pass, weights, matrix, ends, gradientAt, gradient, kernel, floats, random, packed }
}

const rowsOf = (matrix: Float32Array, features: number, steps: number, end: number) =>
  matrix.subarray((end - steps + 1) * features, (end + 1) * features)

const network = fc.record({
  cell: fc.constantFrom('lstm' as const, 'gru' as const),
  features: fc.integer({ min: 1, max: 18 }),
  units: fc.integer({ min: 1, max: 21 }),
  layers: fc.integer({ min: 1, max: 3 }),
  classes: fc.constantFrom(2 as const, 3 as const),
})
const setup: fc.Arbitrary<Setup> = fc
  .record({
    network,
    steps: fc.integer({ min: 1, max: 9 }),
    rows: fc.integer({ min: 1, max: 11 }),
    seed: fc.integer(),
    dropout: fc.constantFrom(0, 0.3),
  })
  .map((one) => (one.network.layers === 1 ? { ...one, dropout: 0 } : one))

describe('the kernel', () => {
  test('gives the loss and every gradient of the plain step, whatever the shape', () => {
    fc.assert(
      fc.property(setup, (one) => {
        const { network, steps, rows, seed, dropout } = one
        const { places, pass, weights, matrix, ends, gradientAt, gradient, random } = setUp(one)
        const y = ends.map(() => Math.floor(random() * network.classes))
        const shares = ends.map(() => random() / rows)
        const draws = drawsOf(dropout, network.layers, seed)
        const firstRow = 3
        pass.forward(new MatrixWindows(matrix, network.features, steps), ends, rows, draws, firstRow)
        const loss = pass.loss(y, shares)
        // numbers of an earlier batch stand there
        gradient().fill(7)
        pass.backward(gradientAt)
        const wanted = referenceStep(network, Float64Array.from(weights), {
          windows: ends.map((end) => rowsOf(matrix, network.features, steps, end)),
          steps,
          y,
          shares,
          ...(draws !== null && {
            dropout: (layer, row, step, unit) =>
              factorOf(draws, layer, ((firstRow + row) * steps + step) * network.units + unit),
          }),
        })
        expect(Math.abs(loss - wanted.loss)).toBeLessThan(1e-5)
        for (const [k, logit] of wanted.logits.entries())
          expect(Math.abs(pass.logits[k]! - logit)).toBeLessThan(1e-5 * (1 + Math.abs(logit)))
        const norm = Math.sqrt(wanted.gradient.reduce((sum, g) => sum + g * g, 0))
        for (const [k, g] of unpack(places, gradient()).entries())
          expect(Math.abs(g - wanted.gradient[k]!)).toBeLessThan(1e-5 * (1e-2 + norm))
        // nothing reaches what only fills up
        const used = new Set(places)
        for (const [k, g] of gradient().entries()) if (!used.has(k)) expect(g).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  test('drops the share of outputs that was asked for, and scales up the rest', () => {
    const draws = drawsOf(0.3, 2, 5)!
    const factors = Array.from({ length: 100_000 }, (_, counter) => factorOf(draws, 0, counter))
    // three standard deviations of a share of 0.3 in 100,000 draws: 3 · √(0.3 · 0.7 / 100,000) = 0.0043
    expect(Math.abs(factors.filter((factor) => factor === 0).length / 100_000 - 0.3)).toBeLessThan(0.0044)
    expect(new Set(factors)).toEqual(new Set([0, 1 / 0.7]))
  })

  test('gives a row the same bits by itself, in any company, from a matrix or from columns, kept for training or not', () => {
    fc.assert(
      fc.property(setup, (one) => {
        const { network, steps, rows } = one
        const training = setUp({ ...one, dropout: 0 })
        const width = network.classes === 2 ? 1 : 3
        training.pass.forward(new MatrixWindows(training.matrix, network.features, steps), training.ends, rows, null)
        const { matrix, ends, pass } = setUp({ ...one, dropout: 0 }, false)
        const columns = Array.from({ length: network.features }, (_, k) =>
          Float64Array.from({ length: steps + rows }, (_, row) => matrix[row * network.features + k]!),
        )
        const windows = new ColumnWindows(columns, steps)
        for (const [row, end] of ends.entries()) {
          pass.forward(windows, [end], 1, null)
          expect(pass.logits.slice(0, width)).toEqual(training.pass.logits.slice(row * width, row * width + width))
        }
        pass.forward(windows, ends, rows, null)
        expect(pass.logits.slice(0, rows * width)).toEqual(training.pass.logits.slice(0, rows * width))
      }),
      { numRuns: 60 },
    )
  })

  test('takes the steps of Adam that the plain one takes, with clipping and decay', () => {
    const shape: Network = { cell: 'gru', features: 3, units: 5, layers: 2, classes: 3 }
    const { packing, places, kernel, floats, random, packed } = setUp({
      network: shape,
      steps: 2,
      rows: 4,
      seed: 3,
      dropout: 0,
    })
    const weights = Float64Array.from(unpack(places, packed))
    const state = { mean: new Float64Array(weights.length), square: new Float64Array(weights.length), steps: 0 }
    const biases = tensorsOf(shape).flatMap((tensor) => Array(tensor.rows * tensor.columns).fill(isBias(tensor)))
    const room = new Room()
    const [p, g, m, v] = Array.from({ length: 4 }, () => room.floats(packing.count)) as [number, number, number, number]
    const at = (address: number) => floats.subarray(address / 4, address / 4 + packing.count)
    for (const address of [g, m, v]) at(address).fill(0)
    pack(places, Float32Array.from(weights), at(p))
    for (let step = 1; step <= 3; step++) {
      const gradient = Float32Array.from(weights, () => random() - 0.5)
      referenceAdam(weights, Float64Array.from(gradient), state, {
        learningRate: 0.01,
        clip: 0.7,
        decay: (k) => (biases[k] ? 0 : 0.1),
      })
      pack(places, gradient, at(g))
      const squares = packing.blocks.reduce(
        (sum, block) => sum + kernel.accumulate(g + 4 * block.from, g + 4 * block.from, block.count, 0),
        0,
      )
      expect(squares).toBeCloseTo(
        gradient.reduce((sum, d) => sum + d * d, 0),
        5,
      )
      const scale = Math.min(1, 0.7 / (Math.sqrt(squares) + 1e-6))
      const root = Math.sqrt(1 - 0.999 ** step)
      for (const { from, count, isBias } of packing.blocks)
        kernel.adam(
          p + 4 * from,
          g + 4 * from,
          m + 4 * from,
          v + 4 * from,
          count,
          scale,
          isBias ? 0 : 0.1,
          0.01 / (1 - 0.9 ** step),
          root,
        )
    }
    for (const [k, weight] of unpack(places, at(p)).entries()) expect(Math.abs(weight - weights[k]!)).toBeLessThan(1e-6)
  })
})
