/** How TensorFlow.js is found, what is said where it is not, and what it must not do in silence. */
import { version_wasm } from '@tensorflow/tfjs-backend-wasm'
import * as core from '@tensorflow/tfjs-core'
import { version_layers } from '@tensorflow/tfjs-layers'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { loadTensorflow, requireBackend } from '../../src/models/tensorflow/load-tensorflow.ts'
import { mlpNetwork } from '../../src/models/tensorflow/mlp-network.ts'
import type { NetworkPlan } from '../../src/models/tensorflow/network.ts'
import { networkClassifier } from '../../src/models/tensorflow/network-classifier.ts'
import { LEARNING } from '../../src/models/tensorflow/settings.ts'
import { dense, type Tensor, type Tensorflow } from '../../src/models/tensorflow/tensorflow.ts'
import { madeTraining } from './made-training.ts'

const missing = (name: string) =>
  Promise.reject(
    Object.assign(new Error(`Cannot find package '${name}' imported from /a/b.js`), { code: 'ERR_MODULE_NOT_FOUND' }),
  )

/** Only what the loader asks of TensorFlow.js. */
function fakeTf({
  backend = 'wasm',
  isSet = true,
  product = [17, 39],
}: {
  backend?: string
  isSet?: boolean
  product?: number[] | Error
}) {
  return {
    setBackend: async () => isSet,
    ready: async () => {},
    getBackend: () => backend,
    tidy: <T>(run: () => T) => run(),
    tensor: () => ({}),
    matMul: () => {
      if (product instanceof Error) throw product
      return { dataSync: () => Float32Array.from(product) }
    },
  }
}

/** Packages by the end of their names; the others are missing. */
const from = (packages: Readonly<Record<string, unknown>>) => (name: string) => {
  const own = name.replace('@tensorflow/tfjs-', '')
  if (!(own in packages)) return missing(name)
  return packages[own] instanceof Error ? Promise.reject(packages[own]) : Promise.resolve(packages[own])
}
const trio = { core: fakeTf({}), layers: {}, 'backend-wasm': {} }

const plan: NetworkPlan = {
  kind: 'mlp',
  window: 1,
  settings: LEARNING,
  network: (features, classes) => mlpNetwork({ features, classes, units: [2] }),
}

describe('loading', () => {
  test.each(['core', 'layers', 'backend-wasm'])('without tfjs-%s it says what to install', async (name) => {
    const { [name as keyof typeof trio]: _, ...others } = trio
    await expect(loadTensorflow('mlp', from(others))).rejects.toThrow(
      `mlp: it learns through TensorFlow.js, of which @tensorflow/tfjs-${name} is not installed: npm install @tensorflow/tfjs-core @tensorflow/tfjs-layers @tensorflow/tfjs-backend-wasm`,
    )
  })

  test('what is missing within a package is not taken for the package', async () => {
    const broken = Object.assign(new Error("Cannot find package 'long' imported from core.js"), {
      code: 'ERR_MODULE_NOT_FOUND',
    })
    await expect(loadTensorflow('mlp', from({ ...trio, core: broken }))).rejects.toBe(broken)
  })

  test('a backend that is not wasm ends it, whatever it is, and says which', async () => {
    const packages = { ...trio, core: fakeTf({ backend: 'cpu' }) }
    await expect(loadTensorflow('cnn1d', from(packages))).rejects.toThrow(
      /^cnn1d: TensorFlow\.js computes on "cpu" in the place of "wasm"/,
    )
    await expect(loadTensorflow('mlp', from({ ...trio, core: fakeTf({ isSet: false }) }))).rejects.toThrow(
      /the wasm backend of TensorFlow\.js did not start/,
    )
    await expect(loadTensorflow('mlp', from({ ...trio, core: fakeTf({ product: [17, 40] }) }))).rejects.toThrow(
      /reckons wrongly/,
    )
  })

  test('the native library comes first, where it is installed and works', async () => {
    const node = fakeTf({ backend: 'tensorflow' })
    // as a package for `require` may come
    const { tf, backend, note } = await loadTensorflow('mlp', from({ ...trio, node: { default: node } }))
    expect([tf === (node as unknown), backend, note]).toEqual([true, 'tensorflow', null])
    const plain = await loadTensorflow('mlp', from(trio))
    expect([plain.tf === (trio.core as unknown), plain.backend, plain.note]).toEqual([true, 'wasm', null])
  })

  test.each([
    [
      'fails in its operations',
      fakeTf({ backend: 'tensorflow', product: new TypeError('util_1.isNullOrUndefined is not a function') }),
      /tfjs-node is installed but not used: TypeError: util_1\.isNullOrUndefined/,
    ],
    [
      'lacks its binary',
      new Error('The Node.js native addon module can not be found\nat path'),
      /not used: Error: The Node\.js native addon module can not be found$/,
    ],
    ['computes on something else', fakeTf({ backend: 'cpu' }), /not used: it computes on "cpu"/],
    ['reckons wrongly', fakeTf({ backend: 'tensorflow', product: [0, 0] }), /not used: it reckons wrongly/],
  ])('where the native library %s, wasm is taken with a note', async (_, node, why) => {
    const { tf, backend, note } = await loadTensorflow('mlp', from({ ...trio, node }))
    expect([tf === (trio.core as unknown), backend]).toEqual([true, 'wasm'])
    expect(note).toMatch(why)
  })

  test('a training that finds it missing says so too, after its settings and data were looked at', async () => {
    const model = networkClassifier(plan, (name) => loadTensorflow(name, from({})))
    const data = madeTraining({ rows: 50 })
    await expect(model.fit(data, { seed: 1 })).rejects.toThrow(/^mlp: .*tfjs-core is not installed: npm install/)
    await expect(model.fit({ ...data, y: data.y.map(() => 0) }, { seed: 1 })).rejects.toThrow(/of class 1/)
  })

  test('a backend that changes while it learns ends the training', async () => {
    const { tf } = await loadTensorflow('mlp')
    let epochs = 0
    const turning: Tensorflow = { ...tf, getBackend: () => (epochs < 2 ? 'wasm' : 'cpu') }
    const model = networkClassifier(plan, async () => ({ tf: turning, backend: 'wasm', note: null }))
    const before = tf.memory().numTensors
    const onProgress = ({ done }: { readonly done: number }) => {
      epochs = done
      return true
    }
    await expect(model.fit(madeTraining({ rows: 50 }), { seed: 1, onProgress })).rejects.toThrow(
      /on "cpu" in the place of "wasm"/,
    )
    expect(epochs).toBe(2)
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('the library itself, in the version that is installed', () => {
  test('it computes in WebAssembly', async () => {
    const { tf, backend } = await loadTensorflow('mlp')
    expect(backend).toBe('wasm')
    expect(() => requireBackend('mlp', tf, 'wasm')).not.toThrow()
    expect(core.getBackend()).toBe('wasm')
    // parts of other versions keep registries of their own
    expect([version_layers, version_wasm]).toEqual([core.version_core, core.version_core])
  })

  test('its convolution has no derivative there: why ours is a product', async () => {
    await loadTensorflow('cnn1d')
    const x = core.ones([2, 9, 3]) as core.Tensor3D
    const w = core.variable(core.ones([4, 3, 5]) as core.Tensor3D)
    expect(() => core.variableGrads(() => core.sum(core.conv1d(x, w, 1, 'valid')), [w])).toThrow(
      /Conv2DBackpropFilter' not registered/,
    )
  })

  test.each([
    [2, 100, 3],
    [70, 100, 49],
    [1, 1, 1],
  ])(
    'a dense layer of %i rows, %i inputs and %i outputs has the products and derivatives of a plain one',
    async (rows, inputs, outputs) => {
      const { tf } = await loadTensorflow('mlp')
      const random = seededRandom(5)
      const made = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5)
      const [x, w, bias, up] = [made(rows * inputs), made(inputs * outputs), made(outputs), made(rows * outputs)]
      const plain = {
        y: new Float64Array(rows * outputs),
        dx: new Float64Array(x.length),
        dw: new Float64Array(w.length),
        db: new Float64Array(outputs),
      }
      for (let r = 0; r < rows; r++)
        for (let o = 0; o < outputs; o++) {
          const slope = up[r * outputs + o]!
          plain.y[r * outputs + o] = bias[o]!
          plain.db[o]! += slope
          for (let i = 0; i < inputs; i++) {
            plain.y[r * outputs + o]! += x[r * inputs + i]! * w[i * outputs + o]!
            plain.dx[r * inputs + i]! += slope * w[i * outputs + o]!
            plain.dw[i * outputs + o]! += slope * x[r * inputs + i]!
          }
        }
      const before = tf.memory().numTensors
      for (const isInput of [false, true]) {
        const [tx, tw, tb] = [
          tf.variable(tf.tensor(x, [rows, inputs])),
          tf.variable(tf.tensor(w, [inputs, outputs])),
          tf.variable(tf.tensor(bias, [outputs])),
        ]
        const found: Tensor[] = []
        const { grads } = tf.variableGrads(
          () => {
            const y = dense(tf, tx, [tw, tb], isInput)
            found.push(y)
            expectClose(y.dataSync(), plain.y)
            return tf.sum(tf.mul(y, tf.tensor(up, [rows, outputs])))
          },
          isInput ? [tw, tb] : [tx, tw, tb],
        )
        expectClose(grads[tw.name]!.dataSync(), plain.dw)
        expectClose(grads[tb.name]!.dataSync(), plain.db)
        if (!isInput) expectClose(grads[tx.name]!.dataSync(), plain.dx)
        expect(found.length).toBe(1)
        for (const one of [tx, tw, tb, ...Object.values(grads)]) one.dispose()
      }
      expect(tf.memory().numTensors).toBeGreaterThanOrEqual(before)
    },
  )
})

function expectClose(given: ArrayLike<number>, expected: Float64Array): void {
  expect(given.length).toBe(expected.length)
  const worst = Array.from(given).reduce((most, one, k) => Math.max(most, Math.abs(one - expected[k]!)), 0)
  expect(worst).toBeLessThan(2e-5)
}
