/** Models that have learnt elsewhere, through a runtime that stands for ONNX Runtime: the thread, the checks, the numbers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import type { TrainingSet } from '../../src/models/classifier.ts'
import { FittedOnnx } from '../../src/models/onnx/fitted-onnx.ts'
import { type OnnxSettings, onnxModel } from '../../src/models/onnx/onnx-model.ts'
import { OnnxSession } from '../../src/models/onnx/session.ts'
import { madeTraining, trainingOf, upTo } from './made-training.ts'
import type { StubModel } from './stub-onnxruntime.ts'

const STUB = new URL('./stub-onnxruntime.ts', import.meta.url).href
const bytesOf = (model: StubModel) => new Uint8Array(Buffer.from(JSON.stringify(model)))
const linear: StubModel = { shape: ['batch', 4], weights: [[1, -2, 0.5, 0, 0.25]], ending: 'sigmoid' }
const features = ['a', 'b', 'c', 'd']
const make = (model: StubModel, given: Partial<OnnxSettings> = {}) =>
  onnxModel({ bytes: bytesOf(model), features, ...given }, STUB)
const data = madeTraining({ rows: 60 })
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
/** As the stub is given them, and gives. */
const near = (given: ArrayLike<number>, expected: readonly number[]) => {
  expect(given.length).toBe(expected.length)
  for (const [k, one] of expected.entries()) expect(Math.abs(given[k]! - one)).toBeLessThan(1e-6)
}
const logit = (set: TrainingSet, row: number) => {
  const [a, b, c] = set.columns.map((column) => column[row]!) as [number, number, number]
  return a - 2 * b + 0.5 * c + 0.25
}

describe('probabilities', () => {
  test('are those of the model, asked from another thread while this one waits', () => {
    const fitted = make(linear).fit(data)
    near(
      fitted.predictProba(data.columns, upTo(60)),
      Array.from({ length: 60 }, (_, row) => sigmoid(logit(data, row))),
    )
    expect(fitted.names).toEqual(features)
    expect(fitted.predictProba(data.columns, new Int32Array(0))).toEqual(new Float64Array(0))
  })

  test('of logits, of one number or one a class; of three classes in their order', () => {
    const rows = Int32Array.of(4, 2)
    const own = Array.from(rows, (row) => logit(data, row))
    near(
      make({ ...linear, ending: 'logits' }, { gives: 'logits' })
        .fit(data)
        .predictProba(data.columns, rows),
      own.map(sigmoid),
    )
    // against an output for class 0 that is always 0, softmax is the sigmoid
    const pair: StubModel = { ...linear, weights: [[0, 0, 0, 0, 0], linear.weights[0]!], ending: 'softmax' }
    near(make(pair).fit(data).predictProba(data.columns, rows), own.map(sigmoid))
    near(
      make({ ...pair, ending: 'logits' }, { gives: 'logits' })
        .fit(data)
        .predictProba(data.columns, rows),
      own.map(sigmoid),
    )
    const three: StubModel = { ...pair, weights: [...pair.weights, [0, 0, 0, 0, 1]] }
    const expected = own.flatMap((one) =>
      [1, Math.exp(one), Math.E].map((power) => power / (1 + Math.exp(one) + Math.E)),
    )
    for (const model of [make(three), make({ ...three, ending: 'logits' }, { gives: 'logits' })]) {
      const p = model.fit({ ...data, classes: 3 }).predictProba(data.columns, rows)
      near(p, expected)
      expect(p[0]! + p[1]! + p[2]!).toBeCloseTo(1, 14)
    }
  })

  test('of a window: its rows in their order, the newest last, all features of one side by side', () => {
    // of three rows × two features: 1·a₀ + 10·b₀ + 100·a₁ + 1000·b₁ + 10⁴·a₂ + 10⁵·b₂, in hundred-thousandths
    const weights = [[1, 10, 100, 1000, 1e4, 1e5, 0].map((one) => one / 1e5)]
    const set = trainingOf(
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
      [0, 1, 0, 1],
    )
    for (const shape of [['n', 3, 2], ['n', 'time', 2], undefined]) {
      const model = make(
        { weights, ending: 'logits', ...(shape && { shape }) },
        { features: ['a', 'b'], window: 3, gives: 'logits' },
      )
      expect(model.window).toBe(3)
      near(model.fit(set).predictProba(set.columns, Int32Array.of(3, 2)), [sigmoid(8.47362), sigmoid(7.36251)])
    }
    const model = make({ weights, ending: 'logits' }, { features: ['a', 'b'], window: 3, gives: 'logits' })
    expect(() => model.fit(set).predictProba(set.columns, Int32Array.of(1))).toThrow(
      /row 1 has 1 rows before it, a window of 3/,
    )
    expect(make(linear).window).toBeUndefined()
  })

  test('of more rows than are asked for at a time, one alone having the bits it has among all', () => {
    const many = madeTraining({ rows: 2100 })
    const fitted = make(linear).fit(many)
    const all = fitted.predictProba(many.columns, upTo(2100))
    near(
      all.subarray(1020, 1030),
      Array.from({ length: 10 }, (_, k) => sigmoid(logit(many, 1020 + k))),
    )
    for (const row of [0, 1024, 2099]) expect(fitted.predictProba(many.columns, Int32Array.of(row))[0]).toBe(all[row])
  })

  test('of a row without a feature there are none', () => {
    const fitted = make(linear).fit(data)
    const holed = data.columns.with(3, data.columns[3]!.with(5, Number.NaN).with(6, 1e39))
    const p = fitted.predictProba(holed, Int32Array.of(5, 7, 6, 7))
    near(
      p.filter((_, k) => k % 2 === 1),
      [sigmoid(logit(data, 7)), sigmoid(logit(data, 7))],
    )
    expect([p[0], p[2]]).toEqual([Number.NaN, Number.NaN])
    expect(fitted.predictProba(holed, Int32Array.of(5))).toEqual(Float64Array.of(Number.NaN))
  })
})

describe('fit', () => {
  test.each([
    [
      ['a', 'c', 'b', 'd'],
      /feature 2 is "c", where the model has "b": it has learnt from a, b, c, d, in this order; here are a, c, b, d/,
    ],
    [['a', 'b', 'c'], /feature 4 is "none", where the model has "d"/],
    [['a', 'b', 'c', 'd', 'e'], /feature 5 is "e", where the model has "none"/],
  ])('refuses the features %j', (names, message) => {
    const set = { ...data, names, columns: names.map((_, k) => data.columns[k % 4]!) }
    expect(() => make(linear).fit(set)).toThrow(RangeError)
    expect(() => make(linear).fit(set)).toThrow(message)
  })

  test.each([
    [{ ...linear, shape: ['n', 5] }, {}, /input "x" is \[n × 5\], which 4 features, one row at a time, do not fill/],
    [{ ...linear, shape: ['n', 2, 4] }, {}, /\[n × 2 × 4\], which 4 features/],
    [{ ...linear, shape: ['n', 4] }, { window: 2 }, /which 4 features in windows of 2/],
    [{ ...linear, shape: [8, 4] }, {}, /\[8 × 4\]/],
    [{ ...linear, type: 'float64' }, {}, /input "x" is of float64: export it with float32/],
    [{ ...linear, inputs: ['x', 'state'] }, {}, /the inputs x, state, not one alone/],
    [{ ...linear, outputs: ['label', 'p'] }, {}, /output is null: write one of "label", "p"/],
    [linear, { output: 'q' }, /output is "q": write one of "p"/],
    [{ ...linear, ending: 'labels' }, {}, /output "p" holds no fractions \(int64\)/],
    [{ ...linear, weights: [[1], [1], [1], [1]] }, {}, /output "p" has 4 numbers a row, of a label with 2 classes/],
  ] as const)('refuses a model that does not fit: %j %j', (model, given, message) => {
    expect(() => make(model, given).fit(data)).toThrow(message)
  })

  test('of three classes one number is too few', () => {
    expect(() => make(linear).fit({ ...data, classes: 3 })).toThrow(/has 1 numbers a row, of a label with 3 classes/)
  })

  test('takes an output that is named, and a model of one row at a time', () => {
    const set = make({ ...linear, outputs: ['label', 'p'], shape: [1, 1, 4] }, { output: 'p' }).fit(data)
    near(set.predictProba(data.columns, Int32Array.of(3)), [sigmoid(logit(data, 3))])
  })
})

describe('the runtime', () => {
  test('that is missing is asked for by name', () => {
    const absent = 'onnxruntime-node-of-nobody'
    expect(() => onnxModel({ bytes: bytesOf(linear), features }, absent).fit(data)).toThrow(
      `onnxModel: ${absent} is not installed: npm install ${absent} (where its download is out of reach: ONNXRUNTIME_NODE_INSTALL=skip npm install ${absent})`,
    )
  })

  test('that cannot start says why, and is tried anew', () => {
    const broken = `data:text/javascript,throw new Error('libonnxruntime.so.1: cannot open shared object file')`
    for (let k = 0; k < 2; k++)
      expect(() => onnxModel({ bytes: bytesOf(linear), features }, broken).fit(data)).toThrow(
        /^onnxModel: libonnxruntime\.so\.1/,
      )
  })

  test('that comes as a whole only is taken too', () => {
    const whole = `data:text/javascript,import * as all from ${JSON.stringify(STUB)}; export default all`
    near(
      onnxModel({ bytes: bytesOf(linear), features }, whole)
        .fit(data)
        .predictProba(data.columns, Int32Array.of(1)),
      [sigmoid(logit(data, 1))],
    )
  })

  test('that refuses the file, or fails in a run and goes on after it', () => {
    expect(() => onnxModel({ bytes: Uint8Array.of(8, 7), features }, STUB).fit(data)).toThrow(
      /^onnxModel: Load model failed: protobuf/,
    )
    const session = new OnnxSession(STUB, bytesOf(linear))
    const ask = (dims: readonly number[]) =>
      session.run({ x: Float32Array.of(0, 0, 0, 0), dims, input: 'x', output: 'p' })
    expect(() => ask([1, 1, 4])).toThrow(/^onnxModel: Invalid rank for input/)
    near(ask([1, 4]), [sigmoid(0.25)])
  })

  test('that gives no answer is waited for no longer than it may be', () => {
    const session = new OnnxSession(STUB, bytesOf({ ...linear, ending: 'never' }), 500)
    const ask = () => session.run({ x: new Float32Array(4), dims: [1, 4], input: 'x', output: 'p' })
    expect(ask).toThrow(/^onnxModel: no answer within 0\.5 s/)
    expect(session.isOpen).toBe(false)
    // and is not asked again
    const before = performance.now()
    expect(ask).toThrow(/no answer within 0\.5 s/)
    expect(performance.now() - before).toBeLessThan(400)
  })

  test('whose thread has ended is started anew', async () => {
    const fitted = make({ ...linear, ending: 'last' }).fit(data)
    const session = new OnnxSession(STUB, bytesOf({ ...linear, ending: 'last' }))
    const ask = () => session.run({ x: new Float32Array(4), dims: [1, 4], input: 'x', output: 'p' })
    near(ask(), [0.5])
    await vi.waitFor(() => expect(session.isOpen).toBe(false), 5000)
    expect(ask).toThrow(/^onnxModel: the thread of its runtime ended: Error: out of memory/)
    // of this model's session the check of `fit` was the last one
    near(fitted.predictProba(data.columns, Int32Array.of(0)), [0.5])
  })

  test('whose numbers are no probabilities is not believed', () => {
    const logits = make({ ...linear, ending: 'logits' }).fit(data)
    expect(() =>
      logits.predictProba(
        [[9], [0], [0], [0]].map((one) => Float64Array.from(one)),
        Int32Array.of(0),
      ),
    ).toThrow(
      /the model gives 9\.25 for a row, which are no probabilities: where it ends in logits write gives: "logits"/,
    )
    const pair: StubModel = {
      ...linear,
      weights: [
        [0, 0, 0, 0, 0.2],
        [0, 0, 0, 0, 0.2],
      ],
      ending: 'logits',
    }
    expect(() => make(pair).fit(data).predictProba(data.columns, Int32Array.of(0))).toThrow(
      /gives 0\.2.*no probabilities/,
    )
    expect(() =>
      make({ ...linear, ending: 'nothing' })
        .fit(data)
        .predictProba(data.columns, Int32Array.of(0)),
    ).toThrow(/the model gives NaN/)
    expect(() =>
      make({ ...linear, ending: 'uneven' })
        .fit(data)
        .predictProba(data.columns, upTo(4)),
    ).toThrow(/has \d numbers in one row, \d in another/)
  })
})

describe('settings and JSON', () => {
  test('a file is read when the model is defined, and the model goes by its hash', () => {
    const folder = mkdtempSync(join(tmpdir(), 'klinelab-onnx-'))
    const file = join(folder, 'model.onnx')
    writeFileSync(file, bytesOf(linear))
    const models = [file, pathToFileURL(file)].map((at) => onnxModel({ file: at, features }, STUB))
    rmSync(folder, { recursive: true })
    for (const model of models) {
      expect(model.settings).toEqual(make(linear).settings)
      near(model.fit(data).predictProba(data.columns, Int32Array.of(1)), [sigmoid(logit(data, 1))])
    }
    expect(make({ ...linear, weights: [[0, 0, 0, 0, 0]] }).settings['sha256']).not.toBe(make(linear).settings['sha256'])
    expect(() => onnxModel({ file, features })).toThrow(/no such file.*model\.onnx/)
  })

  test.each([
    [{ features }, /file is null: write where the model is, or give its bytes/],
    [{ file: 'x', bytes: new Uint8Array(1), features }, /file is "x"/],
    [{ bytes: new Uint8Array(1) }, /features is \[\]: write their names/],
    [{ bytes: new Uint8Array(1), features: ['a', 'a'] }, /features is \["a","a"\]/],
    [{ bytes: new Uint8Array(1), features, window: 0 }, /window is 0/],
    [{ bytes: new Uint8Array(1), features, output: 1 as unknown as string }, /output is 1/],
    [{ bytes: new Uint8Array(1), features, gives: 'classes' as 'logits' }, /gives is "classes"/],
    [{ bytes: new Uint8Array(1), feature: [] } as object, /unknown setting "feature" \(did you mean "features"\?\)/],
  ])('settings %j are refused', (given, message) => {
    expect(() => onnxModel(given)).toThrow(TypeError)
    expect(() => onnxModel(given)).toThrow(message)
  })

  test('made again from its JSON, model and all, it gives the same bits; damaged it is refused by name', () => {
    const fitted = make(linear).fit(data)
    const json = JSON.parse(JSON.stringify(fitted)) as Record<string, unknown>
    const again = FittedOnnx.fromJson(json, 'model.json', STUB)
    expect(JSON.stringify(again)).toBe(JSON.stringify(fitted))
    expect(again.predictProba(data.columns, upTo(9))).toEqual(fitted.predictProba(data.columns, upTo(9)))
    for (const name of ['classes', 'names', 'window', 'gives', 'sha256'])
      expect(() => FittedOnnx.fromJson({ ...json, [name]: 'damaged' }, 'model.json')).toThrow(
        new RegExp(`model\\.json: ${name} is "damaged"`),
      )
    expect(() => FittedOnnx.fromJson({ ...json, output: 5 })).toThrow(/output is 5/)
    expect(() => FittedOnnx.fromJson({ ...json, model: 'AAAA' })).toThrow(/sha256 is .* not the .* of the model in it/)
    expect(() => FittedOnnx.fromJson({ ...json, kind: 'gbdt' })).toThrow(/kind is "gbdt"/)
    expect(() => again.predictProba(data.columns.slice(1), upTo(1))).toThrow(/3 columns.*a, b, c, d/)
  })
})
