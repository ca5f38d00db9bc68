import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { EvaluationDocument } from '../../src/core/evaluation.ts'
import type { RunDocument } from '../../src/core/run.ts'
import { EVALUATION_SCHEMA } from '../../src/report/evaluation-schema.ts'
import { RUN_SCHEMA } from '../../src/report/run-schema.ts'
import { klinelab, scratch } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'
import { modelModule } from './model-modules.ts'

type Printed = EvaluationDocument & { readonly dir: string; readonly report: string }

/** A store with a quarter of a year of the embedded bars: enough to learn from, and quick. */
const STORE = scratch()
beforeAll(async () => {
  const csv = join(STORE, 'quarter.csv')
  const range = ['--from', '2024-01-01', '--to', '2024-04-15']
  expect(await klinelabHere(['data', 'export', 'binance:ETHUSDT:1h', ...range, '--out', csv])).toMatchObject({
    code: 0,
  })
  const kept = ['data', 'import', csv, '--as', 'binance:ETHUSDT:1h', '--store', STORE]
  expect(await klinelabHere(kept)).toMatchObject({ code: 0 })
})

interface Beside {
  /** Files beside the module. */
  readonly files?: Readonly<Record<string, string>>
  /** Runs of a project whose module this one is after it was changed: what is loaded here has a name of its own. */
  readonly of?: { readonly out: string }
}

/** A folder with a module; what is run in it writes its runs to `out`. */
function project(module = modelModule(), { files = {}, of }: Beside = {}) {
  const cwd = scratch({ 'm.ts': module, 'package.json': '{ "type": "module" }', ...files })
  const out = of?.out ?? join(cwd, 'out')
  const env = { KLINELAB_REPORTS: out, KLINELAB_STORE: STORE }
  return {
    ...{ cwd, out, run: (...args: readonly string[]) => klinelabHere(args, { cwd, env }) },
    /** In a process of its own. */
    anew: (...args: readonly string[]) => klinelab(args, { cwd, env }),
  }
}

function hashes(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name !== 'timing.json' && statSync(join(dir, name)).isFile(),
  )
  return Object.fromEntries(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(dir, name)))
        .digest('hex'),
    ]),
  )
}

/** What of a run's JSON stands in run.json: where it lies is told besides. */
function documentIn({ dir, report, ...document }: Printed): unknown {
  expect(report).toBe(`${dir}/report.html`)
  return document
}

const first = project()
let trained: Printed
beforeAll(async () => {
  const done = await first.run('train', 'm.ts', '--json')
  expect(done).toMatchObject({ code: 0, stderr: '' })
  trained = done.json<{ models: Printed[] }>().models[0]!
})

/** A project whose model lies trained among its runs. */
function projectWithModel() {
  const own = project()
  cpSync(trained.dir, join(own.out, trained.run), { recursive: true })
  return own
}

describe('a trained model', () => {
  const own = first

  test('has a folder with report, figures, predictions and artifact, and prints what is in run.json', () => {
    expect(Object.keys(hashes(trained.dir)).sort()).toEqual([
      'artifact/artifact.json',
      'artifact/series-1-fold-1.json',
      'artifact/series-1-fold-2.json',
      'artifact/series-1-fold-3.json',
      'predictions.csv',
      'report.html',
      'run.json',
    ])
    const document = JSON.parse(readFileSync(join(trained.dir, 'run.json'), 'utf8'))
    expect(documentIn(trained)).toEqual(document)
    expect(EVALUATION_SCHEMA.parse(document)).toEqual(document)
    expect(basename(trained.dir)).toBe(trained.run)
    expect(trained).toMatchObject({ kind: 'model', model: 'up', classes: 2, stopped: null, threshold: 0.5 })
    expect(trained.reproduce.command).toBe('klinelab train m.ts')
  })

  test('foretells every bar of its tests once, and no bar before', () => {
    const [head, ...lines] = readFileSync(join(trained.dir, 'predictions.csv'), 'utf8').trimEnd().split('\n')
    expect(head).toBe('series,openTime,fold,p,y')
    const rows = lines.map((line) => line.split(','))
    const times = rows.map(([, time]) => Number(time))
    expect(times.every((time, k) => k === 0 || time > times[k - 1]!)).toBe(true)
    const { folds } = trained.series[0]!
    for (const { fold, test: spans, train } of folds) {
      const said = times.filter((_, k) => Number(rows[k]![2]) === fold)
      expect(said[0]).toBeGreaterThanOrEqual(spans[0]!.first)
      expect(said.at(-1)).toBeLessThanOrEqual(spans[0]!.last)
      expect(train.last).toBeLessThan(spans[0]!.first)
    }
    expect(times.length).toBe(folds.reduce((sum, { rows: { test: scored } }) => sum + scored, 0) + 12)
    expect(rows.every(([, , , p]) => Number(p) > 0 && Number(p) < 1)).toBe(true)
  })

  test('is made again to the same bytes, and judged again to the same bytes', async () => {
    const before = hashes(trained.dir)
    // in a process of its own, on as many threads as one likes
    const again = own.anew('train', 'm.ts', '--workers', '2', '--json')
    expect(again.json<{ models: Printed[] }>().models[0]!.run).toBe(trained.run)
    const judged = await own.run('evaluate', trained.run, '--json')
    expect(judged).toMatchObject({ code: 0, stderr: '' })
    expect(judged.json<Printed>()).toEqual(trained)
    expect(hashes(trained.dir)).toEqual(before)
    expect(readdirSync(own.out).filter((name) => name.startsWith('.'))).toEqual([])
  })

  test('is judged with another threshold and other costs in a folder of its own, the model being the same', async () => {
    const done = await own.run('evaluate', trained.run, '--threshold', '0.6', '--fee-taker', '0.01', '--json')
    const judged = done.json<Printed>()
    expect(judged.run).not.toBe(trained.run)
    expect(judged.threshold).toBe(0.6)
    expect(judged.reproduce.artifact).toBe(trained.reproduce.artifact)
    const [[before], [after]] = [trained.series, judged.series]
    expect(after!.pooled.metrics['auc']).toBe(before!.pooled.metrics['auc'])
    expect(after!.pooled.metrics['accuracy']).not.toBe(before!.pooled.metrics['accuracy'])
    const loss = (one: typeof before) => one!.money.rows[0]!.every.gross! - one!.money.rows[0]!.every.expectancy!
    expect(loss(after)).toBeGreaterThan(0.019)
    expect(loss(before)).toBeLessThan(0.003)
  })

  test('is listed, shown, verified by training it anew, and gets its report again', async () => {
    const { models, runs } = (await own.run('runs', '--json')).json<{ models: { run: string }[]; runs: unknown[] }>()
    expect(models.map(({ run }) => run)).toContain(trained.run)
    expect(runs).toEqual([])
    expect((await own.run('runs')).stdout).toContain(trained.run)
    expect((await own.run('runs', 'show', trained.run)).stdout).toContain('AUC-ROC')
    expect(await own.run('verify', trained.run)).toMatchObject({
      code: 0,
      stdout: `${trained.run}: the same again, to the last byte of every file\n`,
    })
    const report = join(trained.dir, 'report.html')
    const bytes = readFileSync(report)
    writeFileSync(report, 'spoilt')
    expect((await own.run('verify', trained.run)).stdout).toContain('report.html in the folder')
    expect((await own.run('report', trained.run)).code).toBe(0)
    expect(readFileSync(report).equals(bytes)).toBe(true)
  })

  test('is no backtest, and a backtest is no model', async () => {
    expect(await own.run('runs', 'explain', trained.run, '--trade', '1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is a trained model, not a backtest'),
    })
    const run = (await own.run('backtest', 'm.ts', '--json')).json<{ run: string }>().run
    expect(await own.run('evaluate', run)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is a backtest, not a trained model'),
    })
  })
})

describe('a strategy that asks a model', () => {
  test('trains it first and says so, and the next time uses it; what it was asked of, it has not learnt from', async () => {
    const own = project()
    const first = await own.run('backtest', 'm.ts', '--json')
    expect(first.code).toBe(0)
    expect(first.stderr).toContain('model up: no trained model fits its definition and data, so it is trained first')
    const second = await own.run('backtest', 'm.ts', '--json')
    expect(second.stderr).not.toContain('trained first')
    const run = second.json<RunDocument & { dir: string; report: string }>()
    expect(run.run).toBe(first.json<RunDocument>().run)
    const document = JSON.parse(readFileSync(join(run.dir, 'run.json'), 'utf8'))
    expect(RUN_SCHEMA.parse(document)).toEqual(document)
    const { used, inSample } = run.models
    expect(inSample).toBe(false)
    expect(used).toMatchObject([{ name: 'up', series: 'binance:ETHUSDT:1h', folds: 3 }])
    expect(run.range.from).toBe(used[0]!.outOfSampleFrom)
    expect(run.metrics['trades']).toBeGreaterThan(5)
    expect(await own.run('verify', run.run)).toMatchObject({ code: 0 })
    // what the model said stands beside the decision
    expect((await own.run('runs', 'explain', run.run, '--trade', '1')).stdout).toContain('up.p')
  })

  test('says that what was trained of it before has learnt from other bars', async () => {
    const own = project()
    const part = await own.run('train', 'm.ts', '--to', '2024-04-01', '--json')
    const { run } = part.json<{ models: Printed[] }>().models[0]!
    expect((await own.run('backtest', 'm.ts')).stderr).toContain(
      `model up: what was trained of it (${run}) has learnt from other bars than all that are stored, so it is trained first`,
    )
  })

  test('is the run of the same folds whatever else lies among the runs, and another where the model is another', async () => {
    const run = (await first.run('backtest', 'm.ts', '--json')).json<RunDocument>()
    expect((await projectWithModel().run('backtest', 'm.ts', '--json')).json<RunDocument>().run).toBe(run.run)
    const other = project(modelModule({ seed: '1', model: 'logisticRegression({ C: 0.001 })' }))
    const unlike = (await other.run('backtest', 'm.ts', '--json')).json<RunDocument>()
    expect(unlike.models.used[0]!.artifact).not.toBe(run.models.used[0]!.artifact)
    expect(unlike.run).not.toBe(run.run)
  })

  test('may not be asked of bars that it has learnt from, unless the report says so', async () => {
    const own = projectWithModel()
    const refused = await own.run('backtest', 'm.ts', '--from', '2024-01-08')
    expect(refused).toMatchObject({ code: 2 })
    expect(refused.stderr).toMatch(
      /--from 2024-01-08: the models \(up\) have learnt from bars before 2024-\d\d-\d\dT\d\d:00.*--allow-in-sample/,
    )
    const allowed = await own.run('backtest', 'm.ts', '--from', '2024-01-08', '--allow-in-sample', '--json')
    const run = allowed.json<RunDocument & { report: string }>()
    expect(run.models.inSample).toBe(true)
    expect(run.range.from).toBe(Date.UTC(2024, 0, 8))
    expect(run.remarks[0]).toContain('IN SAMPLE')
    expect(run.reproduce.command).toContain('--allow-in-sample')
    expect(readFileSync(run.report, 'utf8')).toMatch(
      /<p class="alarm" role="alert"><strong>In sample: up learnt from bars before 2024-/,
    )
  })

  test('runs on the series of its model alone', async () => {
    const own = project()
    expect(await own.run('backtest', 'm.ts', '--data', 'binance:BTCUSDT:1h')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('its model up learns from binance:ETHUSDT:1h, not from binance:BTCUSDT:1h'),
    })
  })

  test('whose folds learn from what comes later is not run', async () => {
    const own = project(modelModule({ split: 'purgedKFold({ folds: 4 })' }))
    expect(await own.run('train', 'm.ts')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('No backtest takes it'),
    })
    expect(await own.run('backtest', 'm.ts')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('learn from bars after those they foretell'),
    })
    // wherever it begins, the report says so in red
    const asked = await own.run('backtest', 'm.ts', '--allow-in-sample', '--from', '2024-03-01', '--json')
    const run = asked.json<RunDocument & { report: string }>()
    expect(run.models.used).toMatchObject([{ learnsFromLater: true }])
    expect(run.remarks[0]).toContain('IN SAMPLE: the folds of up learn from bars after those they were asked of')
    expect(readFileSync(run.report, 'utf8')).toContain(
      '<p class="alarm" role="alert"><strong>In sample: the folds of up',
    )
  })

  test('whose indicator was changed under its name is trained anew', async () => {
    const module = modelModule({ features: '() => ({ r1: logReturn(1), mine: mine() })' }).replace(
      'export const up',
      `import { mine } from './mine.ts'\nexport const up`,
    )
    const mine = (times: number) => ({
      'mine.ts': `export const mine = () => ({ name: 'mine', key: 'mine(close)', inputs: ['close'], outputs: ['value'], lookback: 1,
          create: () => ({ value: NaN, next(price) { this.value = ${times} * Math.sin(price) } }) })`,
    })
    const own = project(module, { files: mine(1) })
    const trained = (await own.run('train', 'm.ts', '--json')).json<{ models: Printed[] }>().models[0]!
    const changed = project(module, { files: mine(2), of: own })
    const anew = await changed.run('backtest', 'm.ts', '--json')
    expect(anew.stderr).toContain('trained first')
    expect(anew.json<RunDocument>().models.used[0]!.artifact).not.toBe(trained.reproduce.artifact)
    expect(await changed.run('evaluate', trained.run)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('its features or labels are not what they were when it was trained'),
    })
  })

  test('whose label is a rule of the user’s own is trained once, and anew where the rule’s code changes', () => {
    const rule = (times: number) =>
      `(() => { const inner = direction({ horizon: 12 }); return { ...inner, kind: 'mine', label: (bars) => { const times = ${times}; return { ...inner.label(bars) } } } })()`
    const own = project(modelModule({ label: rule(1) }))
    // the function is known by its code, whichever process reads it
    const first = own.anew('backtest', 'm.ts', '--json')
    expect(first.stderr).toContain('trained first')
    const second = own.anew('backtest', 'm.ts', '--json')
    expect(second).toMatchObject({ code: 0, stderr: '' })
    expect(second.json<RunDocument>().run).toBe(first.json<RunDocument>().run)
    writeFileSync(join(own.cwd, 'm.ts'), modelModule({ label: rule(2) }))
    expect(own.anew('backtest', 'm.ts').stderr).toContain('trained first')
  })

  test('says what is wrong with the command before it trains', async () => {
    const own = project()
    for (const [args, code, says] of [
      [['--benchmark', 'binance:NOPE:1h'], 2, 'binance:NOPE:1h'],
      [['--leverage', '3'], 2, '--leverage is of perpetuals'],
    ] as const)
      expect(await own.run('backtest', 'm.ts', ...args)).toMatchObject({ code, stderr: expect.stringContaining(says) })
    expect(existsSync(own.out)).toBe(false)
    expect(await projectWithModel().run('backtest', 'm.ts', '--to', '2024-01-20')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--to 2024-01-20: the models (up) have learnt from bars before'),
    })
  })

  test('leaves the reports as they are when its run is verified', async () => {
    const own = projectWithModel()
    const { run, dir } = (await own.run('backtest', 'm.ts', '--json')).json<RunDocument & { dir: string }>()
    for (const name of readdirSync(own.out)) if (name !== run) rmSync(join(own.out, name), { recursive: true })
    expect(await own.run('verify', dir)).toMatchObject({ code: 0, stdout: expect.stringContaining('the same again') })
    expect(readdirSync(own.out)).toEqual([run])
  })

  test('--allow-in-sample is of models alone', async () => {
    const words = ['backtest', 'strategies/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', '--allow-in-sample']
    const done = await klinelabHere(words)
    expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining('sma-cross has none') })
  })
})

describe('an artifact that is not what the module says', () => {
  let own: ReturnType<typeof project>
  let run: string
  let dir: string
  beforeAll(() => {
    own = projectWithModel()
    run = trained.run
    dir = join(own.out, run)
  })
  const refused = async (says: string, by = own) =>
    expect(await by.run('evaluate', run)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(says) })
  const changed = async (name: string, change: (text: string) => string, look: () => Promise<void>) => {
    const file = join(dir, 'artifact', name)
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, change(text))
    await look()
    writeFileSync(file, text)
  }
  const withOther = (what: string, by: string) => project(modelModule().replace(what, by), { of: own })

  test('another feature is refused by its name', () =>
    refused(
      'feature 3 was "rsi" (rsi(14, close)) when the model was trained, and is "rsi" (rsi(15, close))',
      withOther('rsi: rsi(14)', 'rsi: rsi(15)'),
    ))

  test('another label is refused by its name', () => refused('label was', withOther('horizon: 12', 'horizon: 13')))

  test.each(['artifact.json', 'series-1-fold-2.json'])('a changed byte of %s is refused', (name) =>
    changed(
      name,
      (text) => text.replace(/(\d\.\d{5})\d/, '$17'),
      () => refused(`${name}: is not what the training wrote`),
    ),
  )

  test('a damaged one is no model for a backtest, and training it again writes it anew', () =>
    changed(
      'series-1-fold-1.json',
      (text) => text.replace('"borders"', '"borders" '),
      async () => {
        const asked = await own.run('backtest', 'm.ts', '--json')
        expect(asked.stderr).toContain('series-1-fold-1.json: is not what the training wrote')
        expect(asked.stderr).toContain('trained first')
        expect(asked.stderr).toContain('the folder is written anew')
        expect(asked.code).toBe(0)
        expect((await own.run('evaluate', run)).code).toBe(0)
      },
    ))

  test('the same range in other words is a run of its own, of the same model', async () => {
    const done = await own.run('train', 'm.ts', '--from', '2000-01-01', '--json')
    const more = done.json<{ models: Printed[] }>().models[0]!
    expect(more.run).not.toBe(run)
    expect(more.reproduce.request).toMatchObject({ from: Date.UTC(2000, 0, 1), to: null })
    const { reproduce } = JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8')) as EvaluationDocument
    expect(more.reproduce.artifact).toBe(reproduce.artifact)
  })

  test('one of another version is refused', () =>
    changed(
      'artifact.json',
      (text) => {
        const { sha256, ...whole } = { ...JSON.parse(text), version: '0.0.9' }
        const own = createHash('sha256').update(JSON.stringify(whole)).digest('hex')
        return `${JSON.stringify({ ...whole, sha256: own }, null, 1)}\n`
      },
      () => refused('was trained by klinelab 0.0.9'),
    ))
})
