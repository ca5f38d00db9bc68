import { logitsOf, multiply, type Network, placesOf, rectify } from './network.ts'
import { dense } from './tensorflow.ts'

export interface MlpShape {
  readonly features: number
  readonly classes: 2 | 3
  /** Width of each hidden layer. */
  readonly units: readonly number[]
}

/** Hidden layers with max(0, ·), then the logits. */
export function mlpNetwork({ features, classes, units }: MlpShape): Network {
  const widths = [features, ...units, logitsOf(classes)]
  const products = widths.slice(1).map((outputs, k) => ({ inputs: widths[k]!, outputs }))
  const places = placesOf(products)
  const last = products.length - 1
  return {
    kind: 'mlp',
    features,
    window: 1,
    classes,
    products,
    dropped: units,
    learn(tf, x, count, weights, drop) {
      let values = tf.tensor(x, [count, features])
      for (const [k, own] of weights.entries()) {
        values = dense(tf, values, own, k === 0)
        if (k < last) values = drop(k, tf.relu(values))
      }
      return values
    },
    foretell(weights) {
      const layers = products.map(({ outputs }) => new Float64Array(outputs))
      return (x) => {
        let values = x
        for (const [k, layer] of layers.entries()) {
          multiply(weights, places[k]!, products[k]!, values, 0, layer, 0)
          if (k < last) rectify(layer)
          values = layer
        }
        return layers[last]!
      }
    },
  }
}
