import { logitsOf, multiply, type Network, type Product, placesOf, rectify } from './network.ts'
import { dense, type Tensor, type Tensorflow } from './tensorflow.ts'

export type Pool = (typeof POOLS)[number]
export const POOLS = ['mean', 'max', 'none'] as const

export interface CnnShape {
  readonly features: number
  readonly classes: 2 | 3
  readonly window: number
  readonly filters: number
  /** Rows that a filter looks at. */
  readonly kernel: number
  /** Convolutions, one on the outputs of another. */
  readonly layers: number
  /** What becomes of the positions in a window, filter by filter; `none`: each has weights of its own. */
  readonly pool: Pool
}

/**
 * Convolutions along the window with max(0, ·), pooled over its positions, then the logits. A convolution is a product here: of
 * the rows under the filter, side by side, with the filters. The wasm backend has no derivative for its own convolution
 * ("Kernel 'Conv2DBackpropFilter' not registered"); slices put side by side have one.
 */
export function cnnNetwork({ features, classes, window, filters, kernel, layers, pool }: CnnShape): Network {
  const positions = Array.from({ length: layers }, (_, layer) => window - (layer + 1) * (kernel - 1))
  const left = positions.at(-1)!
  const pooled = pool === 'none' ? left * filters : filters
  const convolutions = positions.map((_, layer) => ({
    inputs: kernel * (layer === 0 ? features : filters),
    outputs: filters,
  }))
  const products: readonly Product[] = [...convolutions, { inputs: pooled, outputs: logitsOf(classes) }]
  const places = placesOf(products)
  return {
    kind: 'cnn1d',
    features,
    window,
    classes,
    products,
    dropped: [pooled],
    learn(tf, x, count, weights, drop) {
      const first = tf.tensor(patches(x, count, window * features, positions[0]!, features, kernel * features), [
        count * positions[0]!,
        kernel * features,
      ])
      let values = tf.relu(dense(tf, first, weights[0]!, true))
      for (let layer = 1; layer < layers; layer++) {
        const [before, now] = [positions[layer - 1]!, positions[layer]!]
        const rows = tf.reshape(values, [count, before, filters])
        const taps = Array.from({ length: kernel }, (_, tap) => tf.slice(rows, [0, tap, 0], [count, now, filters]))
        const side = tf.reshape(tf.concat(taps, 2), [count * now, kernel * filters])
        values = tf.relu(dense(tf, side, weights[layer]!, false))
      }
      return dense(tf, drop(0, pooledOf(tf, tf.reshape(values, [count, left, filters]), pool)), weights[layers]!, false)
    },
    foretell(weights) {
      const outputs = positions.map((count) => new Float64Array(count * filters))
      const summary = new Float64Array(filters)
      const logits = new Float64Array(logitsOf(classes))
      return (x) => {
        let values = x
        for (const [layer, output] of outputs.entries()) {
          const step = layer === 0 ? features : filters
          for (let p = 0; p < positions[layer]!; p++)
            multiply(weights, places[layer]!, products[layer]!, values, p * step, output, p * filters)
          rectify(output)
          values = output
        }
        if (pool !== 'none') poolInto(summary, outputs.at(-1)!, left, pool)
        multiply(weights, places[layers]!, products[layers]!, pool === 'none' ? values : summary, 0, logits, 0)
        return logits
      }
    },
  }
}

/** Of each window, at every position, what lies under the filter: neighbours share most of it. */
function patches(
  x: Float32Array,
  count: number,
  size: number,
  positions: number,
  step: number,
  width: number,
): Float32Array {
  const all = new Float32Array(count * positions * width)
  let to = 0
  for (let row = 0; row < count; row++)
    for (let p = 0; p < positions; p++, to += width)
      all.set(x.subarray(row * size + p * step, row * size + p * step + width), to)
  return all
}

function pooledOf(tf: Tensorflow, values: Tensor, pool: Pool): Tensor {
  if (pool === 'mean') return tf.mean(values, 1)
  if (pool === 'max') return tf.max(values, 1)
  const [count, positions, filters] = values.shape as [number, number, number]
  return tf.reshape(values, [count, positions * filters])
}

function poolInto(summary: Float64Array, values: Float64Array, positions: number, pool: Pool): void {
  const filters = summary.length
  for (let f = 0; f < filters; f++) {
    let all = values[f]!
    for (let p = 1; p < positions; p++) {
      const value = values[p * filters + f]!
      all = pool === 'mean' ? all + value : Math.max(all, value)
    }
    summary[f] = pool === 'mean' ? all / positions : all
  }
}
