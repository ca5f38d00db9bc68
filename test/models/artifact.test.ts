import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { logReturn, macd, rsi } from '../../src/indicators/index.ts'
import {
  type Artifact,
  artifactFiles,
  definitionHash,
  foldFromJson,
  foldToJson,
  readArtifact,
  readManifest,
  requireSameDefinition,
  sha256,
} from '../../src/models/artifact.ts'
import type { Classifier, TrainingSet } from '../../src/models/classifier.ts'
import { defineModel, definitionJson, type ModelDefinition } from '../../src/models/define-model.ts'
import { ensemble } from '../../src/models/ensemble.ts'
import { fitFold } from '../../src/models/fit-fold.ts'
import { fittedFromJson } from '../../src/models/fitted-from-json.ts'
import { foretell } from '../../src/models/foretell.ts'
import { foldsOf, groundHash, groundOf } from '../../src/models/ground.ts'
import { logisticRegression } from '../../src/models/logistic-regression.ts'
import { gru, lstm } from '../../src/models/recurrent/recurrent.ts'
import { cnn1d } from '../../src/models/tensorflow/cnn1d.ts'
import { FittedNetwork } from '../../src/models/tensorflow/fitted-network.ts'
import { mlp } from '../../src/models/tensorflow/mlp.ts'
import { mlpNetwork } from '../../src/models/tensorflow/mlp-network.ts'
import { gbdt } from '../../src/models/trees/gbdt.ts'
import { randomForest } from '../../src/models/trees/random-forest.ts'
import { winsorize } from '../../src/preprocess/clip.ts'
import { impute } from '../../src/preprocess/impute.ts'
import { direction } from '../../src/preprocess/label-direction.ts'
import { pipeline } from '../../src/preprocess/pipeline.ts'
import { robustScaler } from '../../src/preprocess/robust-scaler.ts'
import { walkForward } from '../../src/preprocess/split-walk-forward.ts'
import type { Transformer } from '../../src/preprocess/transform.ts'
import { transformFromJson } from '../../src/preprocess/transform-json.ts'
import { madeBars } from './made-bars.ts'
import { madeTraining } from './made-training.ts'
import { spyClassifier } from './spy-classifier.ts'

type Options = Parameters<typeof defineModel<2 | 3>>[0]

const VERSION = '1.2.3'
const bars = madeBars({ rows: 260, gaps: [100] })
const tiny = { units: 3, window: 4, epochs: 1 }
const dirs: string[] = []

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true })
})

const define = (given: Partial<Options> = {}): ModelDefinition =>
  defineModel({
    series: ['binance:BTCUSDT:1h'],
    features: () => ({ r1: logReturn(1), rsi: rsi(6) }),
    label: direction({ horizon: 3 }) as Options['label'],
    model: logisticRegression(),
    split: walkForward({ folds: 2 }),
    ...given,
  })

async function train(definition: ModelDefinition): Promise<Artifact> {
  const ground = groundOf(definition, bars)
  const folds = []
  for (const fold of foldsOf(definition, ground)) folds.push(await fitFold(definition, fold, {}))
  const series = {
    series: 'binance:BTCUSDT:1h',
    from: 1,
    to: 2,
    rows: 260,
    sha256: 'of bars',
    ground: groundHash(ground),
    folds,
    metrics: { auc: 0.5, mcc: null },
  }
  const { names } = ground.matrix
  const { classes } = definition.label
  return {
    name: 'made',
    version: VERSION,
    definition: definitionJson(definition),
    features: names,
    classes,
    seed: 0,
    code: null,
    stopped: null,
    series: [series],
  }
}

function written({ files }: Pick<ReturnType<typeof artifactFiles>, 'files'>): string {
  const dir = mkdtempSync(join(tmpdir(), 'artifact-'))
  dirs.push(dir)
  for (const [name, text] of files) writeFileSync(join(dir, name), text)
  return dir
}

describe('what was trained is read back with the same bits', () => {
  test.each<[string, Partial<Options>]>([
    ['a logistic regression', {}],
    [
      'three classes of trees, calibrated',
      {
        model: gbdt({ trees: 4, minRows: 5 }),
        label: direction({ horizon: 3, threshold: 0.002, classes: 3 }),
        calibrate: 'isotonic',
        calibration: 0.35,
      },
    ],
    [
      'a forest behind a pipeline',
      {
        model: randomForest({ trees: 4 }),
        scale: pipeline([impute({ by: 'last' }), winsorize(), robustScaler()]),
        calibrate: 'platt',
        calibration: 0.35,
      },
    ],
    [
      'a stack of ensembles',
      {
        model: ensemble([ensemble([lstm(tiny), gru(tiny)]), logisticRegression()], { vote: 'stacking' }),
        rebalance: undefined,
      },
    ],
    ['members by loss', { model: ensemble([gbdt({ trees: 3, minRows: 5 }), lstm(tiny)], { vote: 'loss' }) }],
  ])('%s', async (_, given) => {
    const definition = define(given)
    const artifact = await train(definition)
    const files = artifactFiles(artifact)
    expect([...files.files.keys()]).toEqual(['series-1-fold-1.json', 'series-1-fold-2.json', 'artifact.json'])
    const dir = written(files)
    const again = readArtifact(dir, VERSION, definition)
    const { matrix } = groundOf(definition, bars)
    const [one, other] = [artifact, again].map(({ series }) => foretell(definition, matrix, series[0]!.folds, true))
    expect(other).toEqual(one)
    expect(one!.p.filter((p) => p >= 0).length).toBeGreaterThan(180)
    // written again it is the same files, and says of itself what it said
    expect(artifactFiles(again).files).toEqual(files.files)
    expect(readManifest(dir).sha256).toBe(files.sha256)
    const { series: own, ...rest } = again
    const { series, ...told } = artifact
    expect(rest).toEqual(told)
    expect(own[0]!.folds.map((fold) => fold.rows)).toEqual(series[0]!.folds.map((fold) => fold.rows))
    expect(own[0]!.folds.map((fold) => fold.losses)).toEqual(series[0]!.folds.map((fold) => fold.losses))
    requireSameDefinition(again, definitionJson(definition), dir)
  })

  test('networks of TensorFlow.js are, too', () => {
    const data: TrainingSet = madeTraining({ rows: 30, features: 2 })
    const network = mlpNetwork({ features: 2, classes: 2, units: [3] })
    const { settings } = mlp({ units: [3] }) as unknown as { settings: ConstructorParameters<typeof FittedNetwork>[1] }
    const history = [{ loss: 0.6, validationLoss: null }]
    const weights = Float32Array.from({ length: 13 }, (_, k) => Math.sin(k))
    const fitted = new FittedNetwork(network, settings, data.names, weights, { backend: 'wasm', note: null, history })
    const again = fittedFromJson(JSON.parse(JSON.stringify(fitted)), 'here')
    expect(again.predictProba(data.columns, data.rows)).toEqual(fitted.predictProba(data.columns, data.rows))
    expect(() => fittedFromJson({ kind: cnn1d().kind }, 'fold.json: model')).toThrow(/^fold\.json: model/)
  })

  test('classifiers and steps of one’s own are, where they say how', async () => {
    const step: Transformer = {
      ...robustScaler(),
      kind: 'mine',
      fromJson: (json, where) => transformFromJson(json, where),
    }
    const inner = logisticRegression()
    const own: Classifier = {
      ...inner,
      kind: 'own',
      fit: async (data, options) => {
        const fitted = await inner.fit(data, options)
        return {
          kind: 'own',
          predictProba: (columns, rows) => fitted.predictProba(columns, rows),
          toJSON: () => ({ kind: 'own', inner: fitted.toJSON() }),
        }
      },
      fromJson: (json, where) => {
        const fitted = fittedFromJson((json as { inner: unknown }).inner, where)
        return { kind: 'own', predictProba: (columns, rows) => fitted.predictProba(columns, rows), toJSON: () => json }
      },
    }
    const definition = define({ scale: step, model: ensemble([own, logisticRegression()]) })
    const artifact = await train(definition)
    const again = readArtifact(written(artifactFiles(artifact)), VERSION, definition)
    const { matrix } = groundOf(definition, bars)
    const [one, other] = [artifact, again].map(({ series }) => foretell(definition, matrix, series[0]!.folds))
    expect(other).toEqual(one)
  })

  test('a fold that was stopped says so', async () => {
    const definition = define({ model: gbdt({ trees: 9, minRows: 5 }) })
    const [fold] = foldsOf(definition, groundOf(definition, bars))
    const stopped = await fitFold(definition, fold!, { onStep: ({ done }) => done < 4 })
    const again = foldFromJson(JSON.parse(JSON.stringify(foldToJson(stopped))), 'here', definition)
    expect([stopped.stoppedAt, again.stoppedAt]).toEqual([4, 4])
    expect(JSON.stringify(foldToJson(again))).toBe(JSON.stringify(foldToJson(stopped)))
  })
})

describe('what is refused', () => {
  let artifact: Artifact
  let files: ReadonlyMap<string, string>
  beforeAll(async () => {
    artifact = await train(define())
    files = artifactFiles(artifact).files
  })

  const refusal = (dir: string, version = VERSION) => {
    try {
      readArtifact(dir, version, define())
      return 'nothing'
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError)
      return (error as Error).message.replace(`${dir}/`, '')
    }
  }

  /** The folder with another text in one of its files, or without it. */
  const damaged = (file: string, change: ((text: string) => string) | null) => {
    const dir = written({ files })
    if (change === null) rmSync(join(dir, file))
    else writeFileSync(join(dir, file), change(readFileSync(join(dir, file), 'utf8')))
    return dir
  }

  test('as it is, it is not', () => {
    expect(refusal(written({ files }))).toBe('nothing')
  })

  test('a missing file', () => {
    expect(refusal(damaged('artifact.json', null))).toBe(
      'artifact.json: there is no such file: this is no trained model; train the model again',
    )
    for (const file of ['series-1-fold-1.json', 'series-1-fold-2.json'])
      expect(refusal(damaged(file, null))).toBe(`${file}: is missing; train the model again`)
    expect(refusal(join(tmpdir(), 'no-such-folder'))).toMatch(/^artifact\.json: there is no such file/)
  })

  test('any changed byte of any file, between its values too', () => {
    const dir = written({ files })
    for (const [file, text] of files) {
      for (let at = 0; at < text.length; at += 1 + Math.floor(text.length / 80)) {
        const other = text[at] === ' ' ? '\n' : text[at] === '1' ? '2' : '1'
        writeFileSync(join(dir, file), text.slice(0, at) + other + text.slice(at + 1))
        expect(refusal(dir)).toMatch(
          new RegExp(`^${file}: is (not what the training wrote|no JSON|of format).*train the model again$`),
        )
      }
      writeFileSync(join(dir, file), text)
    }
    expect(refusal(dir)).toBe('nothing')
    for (const file of files.keys()) {
      const isNot = new RegExp(`^${file}: is not what the training wrote: its sha256 is another`)
      expect(refusal(damaged(file, (text) => `${text} `))).toMatch(isNot)
      expect(refusal(damaged(file, (text) => text.slice(0, -1)))).toMatch(isNot)
    }
  })

  test('folds of another training that are put in the place of its own', () => {
    const dir = written({ files })
    writeFileSync(join(dir, 'series-1-fold-1.json'), files.get('series-1-fold-2.json')!)
    expect(refusal(dir)).toMatch(/^series-1-fold-1\.json: is not what the training wrote/)
  })

  test('a manifest that is none', () => {
    expect(refusal(damaged('artifact.json', () => '{'))).toMatch(/^artifact\.json: is no JSON \(.*\); train/)
    expect(refusal(damaged('artifact.json', () => 'null'))).toMatch(/^artifact\.json: is not the manifest of a model/)
    expect(refusal(damaged('artifact.json', () => '7'))).toMatch(/^artifact\.json: is not the manifest of a model/)
    expect(refusal(damaged('artifact.json', () => '{}'))).toMatch(
      /^artifact\.json: is of format undefined, and .* reads 1/,
    )
  })

  test('another format, told of before its hash', () => {
    expect(refusal(damaged('artifact.json', (text) => text.replace('"format": 1', '"format": 2')))).toBe(
      'artifact.json: is of format 2, and this version of klinelab reads 1; train the model again',
    )
  })

  test('another version, which its manifest may be read by', () => {
    const dir = written({ files })
    expect(refusal(dir, '1.2.4')).toBe(
      'artifact.json: was trained by klinelab 1.2.3, this is 1.2.4, which may compute other bits; train the model again',
    )
    expect(readManifest(dir)).toMatchObject({ dir, name: 'made', version: '1.2.3', stopped: null })
    expect(readManifest(dir).series.map(({ series, sha256 }) => [series, sha256])).toEqual([
      ['binance:BTCUSDT:1h', 'of bars'],
    ])
    expect(readManifest(dir).definitionSha256).toBe(definitionHash(artifact.definition))
  })

  test('a model of a kind that it does not know', async () => {
    const strange = await train(define({ model: spyClassifier({ kind: 'strange' }) }))
    expect(refusal(written(artifactFiles(strange)))).toMatch(
      /^series-1-fold-1\.json: model: kind "strange" is no model that this version knows: logistic-regression, gbdt, /,
    )
    const within: Classifier = ensemble([logisticRegression(), spyClassifier({ kind: 'strange' })])
    expect(refusal(written(artifactFiles(await train(define({ model: within })))))).toMatch(
      /^series-1-fold-1\.json: model: member: kind "strange"/,
    )
    const curves = [{ slope: 1, offset: 0 }]
    const bent = { kind: 'calibrated', classes: 2, method: 'platt', curves, model: { kind: 'strange' } }
    expect(() => fittedFromJson(bent, 'here')).toThrow(/^here: model: kind "strange"/)
    for (const kind of [undefined, null, 7, 'toString', '__proto__'])
      expect(() => fittedFromJson({ kind }, 'here')).toThrow(/^here: kind .* is no model/)
    expect(() => fittedFromJson(null, 'here')).toThrow(/^here: kind undefined is no model/)
  })

  test('a fold that lacks a part of it, by name', () => {
    const whole = foldToJson(artifact.series[0]!.folds[0]!) as Record<string, unknown>
    for (const key of ['borders', 'rows', 'balance', 'losses', 'transform', 'model']) {
      const { [key]: gone, ...rest } = whole
      expect(() => foldFromJson(rest, 'fold.json', define())).toThrow(`fold.json: has no ${key}`)
      expect(() => foldFromJson({ ...whole, [key]: 7 }, 'fold.json', define())).toThrow(`fold.json: has no ${key}`)
    }
    expect(() => foldFromJson(null, 'fold.json', define())).toThrow(/^fold\.json: has no borders/)
    expect(() => foldFromJson({ ...whole, transform: { kind: 'x' } }, 'fold.json', define())).toThrow(
      /^fold\.json: transform/,
    )
  })

  test.each<[string, Partial<Options>, RegExp]>([
    [
      'other features',
      { features: () => ({ r1: logReturn(1), ris: rsi(6) }) },
      /^x: feature 2 was "rsi" \(rsi\(6, close\)\) when the model was trained, and is "ris" \(rsi\(6, close\)\) in its module: train it again$/,
    ],
    [
      'features in another order',
      { features: () => ({ rsi: rsi(6), r1: logReturn(1) }) },
      /^x: feature 1 was "r1" .* and is "rsi" \(/,
    ],
    [
      'a feature computed otherwise',
      { features: () => ({ r1: logReturn(1), rsi: rsi(7) }) },
      /^x: feature 2 was "rsi" \(rsi\(6, close\)\) .* is "rsi" \(rsi\(7, close\)\)/,
    ],
    [
      'a feature less',
      { features: () => ({ r1: logReturn(1) }) },
      /^x: feature 2 was "rsi" .*, and is none in its module/,
    ],
    [
      'a feature more',
      { features: () => ({ r1: logReturn(1), rsi: rsi(6), macd: macd() }) },
      /^x: feature 3 was none .*, and is "macd" \(/,
    ],
    [
      'higher features',
      { also: () => ({ h4: { interval: '4h', features: { rsi: rsi(6) } } }) },
      /^x: also was \{\} when the model was trained, and is \{"h4":\{"interval":"4h"/,
    ],
    [
      'another label',
      { label: direction({ horizon: 4 }) },
      /^x: label was \{"kind":"direction","settings":\{"horizon":3,.* and is \{.*"horizon":4/,
    ],
    ['another scaler', { scale: pipeline([]) }, /^x: scale was \{.* and is \{"kind":"pipeline"/],
    ['another model', { model: gbdt() }, /^x: model was \{"kind":"logistic-regression".* is \{"kind":"gbdt"/],
    ['other folds', { split: walkForward({ folds: 3 }) }, /^x: split was .*"folds":2.* is .*"folds":3/],
    [
      'another series',
      { series: ['binance:ETHUSDT:1h'] },
      /^x: series was \["binance:BTCUSDT:1h"\] .* is \["binance:ETHUSDT:1h"\]/,
    ],
    ['another seed', { seed: 4 }, /^x: seed was 0 when the model was trained, and is 4 in its module: train it again$/],
  ])('%s', (_, given, message) => {
    const check = () => requireSameDefinition(artifact, definitionJson(define(given)), 'x')
    expect(check).toThrow(RangeError)
    expect(check).toThrow(message)
  })
})

describe('the hash', () => {
  test('is of all that is in it', async () => {
    const artifact = await train(define())
    const hash = (given: Partial<Artifact>) => artifactFiles({ ...artifact, ...given }).sha256
    const [series] = artifact.series as [Artifact['series'][number]]
    const [first, second] = series.folds as [(typeof series.folds)[number], (typeof series.folds)[number]]
    const others: Partial<Artifact>[] = [
      {},
      { name: 'other' },
      { version: '1.2.4' },
      { seed: 1 },
      { classes: 3 },
      { features: ['rsi', 'r1'] },
      { stopped: { series: 'binance:BTCUSDT:1h', fold: 2, step: 3 } },
      { definition: definitionJson(define({ seed: 1 })) },
      { series: [{ ...series, sha256: 'of others' }] },
      { series: [{ ...series, to: 3 }] },
      { series: [{ ...series, metrics: { auc: 0.6, mcc: null } }] },
      { series: [{ ...series, folds: [second, first] }] },
      { series: [{ ...series, folds: [first] }] },
      { series: [{ ...series, folds: [first, { ...second, model: first.model }] }] },
      { series: [{ ...series, folds: [first, { ...second, transform: first.transform }] }] },
      { series: [{ ...series, folds: [first, { ...second, stoppedAt: 1 }] }] },
      { series: [series, series] },
    ]
    expect(new Set(others.map(hash)).size).toBe(others.length)
    expect(hash({})).toBe(artifactFiles(await train(define())).sha256)
  })

  test('is the sha256 of its text', () => {
    // FIPS 180-2, B.1
    expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(definitionHash({ a: 1 })).toBe(sha256('{"a":1}'))
  })

  test('several series have files of their own', async () => {
    const artifact = await train(define())
    const [one] = artifact.series as [Artifact['series'][number]]
    const { files } = artifactFiles({
      ...artifact,
      series: [one, { ...one, series: 'binance:ETHUSDT:1h', folds: [one.folds[1]!] }],
    })
    const dir = written({ files })
    expect(readdirSync(dir).sort()).toEqual([
      'artifact.json',
      'series-1-fold-1.json',
      'series-1-fold-2.json',
      'series-2-fold-1.json',
    ])
    expect(readArtifact(dir, VERSION, define()).series.map(({ series, folds }) => [series, folds.length])).toEqual([
      ['binance:BTCUSDT:1h', 2],
      ['binance:ETHUSDT:1h', 1],
    ])
  })
})
