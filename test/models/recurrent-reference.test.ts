/** The plain step against PyTorch in 64 bits, and against finite differences where PyTorch's vectors have no case. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { type Network, tensorsOf, weightCount } from '../../src/models/recurrent/network.ts'
import { referenceStep } from '../../src/models/recurrent/reference.ts'
import { referenceAdam } from '../../src/models/recurrent/reference-adam.ts'
import { goldenJson, hasGolden } from '../indicators/recorded.ts'

type Nested = number | readonly Nested[]

interface TorchCase {
  readonly kind: 'LSTM' | 'GRU'
  readonly T: number
  readonly F: number
  readonly H: number
  readonly B: number
  readonly layers: number
  readonly pos_weight: number
  /** Time, row, feature. */
  readonly x: readonly (readonly (readonly number[])[])[]
  readonly y: readonly number[]
  readonly params: Readonly<Record<string, Nested>>
  readonly outputs: readonly (readonly (readonly number[])[])[]
  readonly logits: readonly number[]
  readonly loss: number
  readonly grads: Readonly<Record<string, Nested>>
  readonly adam: {
    readonly lr: number
    readonly losses_before_each_step: readonly number[]
    readonly params_after_3: Readonly<Record<string, Nested>>
  }
}

const TOLERANCE = 1e-10
const cases = hasGolden ? goldenJson<{ cases: readonly TorchCase[] }>('ml/rnn_torch.json').cases : []

const networkOf = ({ kind, F, H, layers }: TorchCase): Network => ({
  cell: kind === 'LSTM' ? 'lstm' : 'gru',
  features: F,
  units: H,
  layers,
  classes: 2,
})

/** PyTorch's tensors in our order: that of `tensorsOf`, each row after row. */
function listed(network: Network, tensors: Readonly<Record<string, Nested>>): Float64Array {
  return Float64Array.from(
    tensorsOf(network).flatMap(({ name }) => {
      const values = tensors[name.replace('head', 'lin')]
      return ([values] as Nested[]).flat(2) as number[]
    }),
  )
}

const batchOf = ({ x, y, B, T, pos_weight }: TorchCase) => ({
  windows: Array.from({ length: B }, (_, row) => x.flatMap((step) => [...step[row]!])),
  steps: T,
  y,
  // BCEWithLogitsLoss: the mean over rows, those of class 1 times pos_weight
  shares: y.map((label) => (label === 1 ? pos_weight : 1) / B),
})

function expectNear(got: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(got.length).toBe(wanted.length)
  for (let k = 0; k < got.length; k++) expect(Math.abs(got[k]! - wanted[k]!)).toBeLessThanOrEqual(TOLERANCE)
}

describe.skipIf(!hasGolden)('PyTorch', () => {
  test('the vectors hold both cells, one and two layers, with and without pos_weight', () => {
    expect(new Set(cases.map(({ kind, layers, pos_weight }) => `${kind} ${layers} ${pos_weight}`)).size).toBe(8)
  })

  test.each(cases.map((one) => [`${one.kind}, ${one.layers} layers, pos_weight ${one.pos_weight}`, one] as const))(
    '%s: outputs, loss, every gradient',
    (_, one) => {
      const network = networkOf(one)
      const step = referenceStep(network, listed(network, one.params), batchOf(one))
      for (const [row, outputs] of step.outputs.entries())
        expectNear(
          outputs,
          one.outputs.flatMap((at) => [...at[row]!]),
        )
      expectNear(step.logits, one.logits)
      expectNear([step.loss], [one.loss])
      expectNear(step.gradient, listed(network, one.grads))
    },
  )

  test.each(cases.map((one) => [`${one.kind}, ${one.layers} layers, pos_weight ${one.pos_weight}`, one] as const))(
    '%s: three steps of Adam',
    (_, one) => {
      const network = networkOf(one)
      const weights = listed(network, one.params)
      const state = { mean: new Float64Array(weights.length), square: new Float64Array(weights.length), steps: 0 }
      for (const loss of one.adam.losses_before_each_step) {
        const step = referenceStep(network, weights, batchOf(one))
        expectNear([step.loss], [loss])
        referenceAdam(weights, step.gradient, state, { learningRate: one.adam.lr, clip: null, decay: () => 0 })
      }
      expectNear(weights, listed(network, one.adam.params_after_3))
    },
  )
})

describe('derivatives', () => {
  const shape = fc.record({
    cell: fc.constantFrom('lstm' as const, 'gru' as const),
    features: fc.integer({ min: 1, max: 5 }),
    units: fc.integer({ min: 1, max: 6 }),
    layers: fc.integer({ min: 1, max: 3 }),
    classes: fc.constantFrom(2 as const, 3 as const),
  })

  test('every gradient is the slope of the loss, in odd shapes, with dropout and with weights', () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 1, max: 4 }), fc.integer(), (network, steps, seed) => {
        const random = seededRandom(seed)
        const some = (count: number) => Float64Array.from({ length: count }, () => 2 * random() - 1)
        const weights = some(weightCount(network))
        const rows = 3
        const kept = some(3 * rows * 4 * 6).map((v) => (v < 0 ? 0 : 2))
        const batch = {
          windows: Array.from({ length: rows }, () => some(steps * network.features)),
          steps,
          y: Array.from({ length: rows }, () => Math.floor(random() * network.classes)),
          shares: [0.5, 0.3, 0.2],
          dropout: (layer: number, row: number, step: number, unit: number) =>
            kept[((layer * rows + row) * 4 + step) * 6 + unit]!,
        }
        const { gradient } = referenceStep(network, weights, batch)
        const h = 1e-5
        for (let k = 0; k < weights.length; k++) {
          const own = weights[k]!
          const lossAt = (w: number) => {
            weights[k] = w
            return referenceStep(network, weights, batch).loss
          }
          const slope = (lossAt(own + h) - lossAt(own - h)) / (2 * h)
          weights[k] = own
          expect(Math.abs(slope - gradient[k]!)).toBeLessThan(1e-8)
        }
      }),
      { numRuns: 6 },
    )
  })

  test('a gradient beyond the norm is scaled to it, and decay is added after that', () => {
    // norm of (3, 4) is 5, so clip 1 leaves (0.6, 0.8) but for the 1e-6 in PyTorch's quotient; the first step of Adam moves each weight
    // by the rate whatever the gradient's size, and the mean keeps a tenth of the gradient
    const state = { mean: new Float64Array(2), square: new Float64Array(2), steps: 0 }
    const weights = Float64Array.of(10, -10)
    referenceAdam(weights, Float64Array.of(3, 4), state, { learningRate: 0.5, clip: 1, decay: (k) => [0.01, 0][k]! })
    expect(state.mean[0]).toBeCloseTo(0.1 * (3 / (5 + 1e-6) + 0.01 * 10), 12)
    expect(state.mean[1]).toBeCloseTo(0.1 * (4 / (5 + 1e-6)), 12)
    expect(weights[0]).toBeCloseTo(9.5, 6)
    expect(weights[1]).toBeCloseTo(-10.5, 6)
  })
})
