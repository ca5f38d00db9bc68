import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Params, SweepDocument, TrialOutcome } from '../../src/core/search.ts'
import { loadBars } from '../../src/index.ts'
import { SWEEP_SCHEMA } from '../../src/report/sweep-schema.ts'
import { loadModel } from '../../src/runs/load-strategy.ts'
import { modelSweep, refuseForModels } from '../../src/runs/model-sweep.ts'
import { type ModelSearch, modelTrials, onSeries } from '../../src/runs/model-trial.ts'
import { openManifest } from '../../src/runs/open-manifest.ts'
import type { SearchAsked, SearchHost } from '../../src/runs/search-asked.ts'
import { journalLine } from '../../src/runs/search-journal-lines.ts'
import type { SearchManifest } from '../../src/runs/search-manifest.ts'
import { subjectOf, sweepOf } from '../../src/runs/search-subject.ts'
import { settle } from '../../src/runs/settings.ts'
import type { Sweep } from '../../src/runs/sweep.ts'
import { writeSweep } from '../../src/runs/sweep-folder.ts'
import { readLedger } from '../../src/search/ledger.ts'
import { Refusal } from '../../src/search/queue/refusal.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'
import { modelModule } from '../cli/model-modules.ts'

const STORE = join(ROOT, 'datasets')
const [FROM, TO] = [Date.UTC(2024, 0, 1), Date.UTC(2024, 1, 15)]
const RANGE = { from: FROM, to: TO }

function project(module = modelModule()): { readonly dir: string; readonly file: string } {
  const dir = scratch({ 'models/m.ts': module, 'package.json': '{ "type": "module" }' })
  return { dir, file: join(dir, 'models', 'm.ts') }
}

const { dir: DIR, file: FILE } = project()

const settingsIn = (out: string) => settle({ store: STORE, out }, { config: {}, file: null }, {}, ROOT)

/** Three penalties and two horizons: six trials. */
const GRID = ['model.C=0.01,0.1,1', 'label.horizon=3,12']

const asking = (more: Partial<SearchAsked> = {}): SearchAsked => ({
  ...{ strategy: FILE, model: 'up', data: [], ...RANGE, set: GRID },
  ...more,
})

const search = (more: Partial<SearchAsked> = {}, host: SearchHost = {}, out = scratch()) =>
  modelSweep(asking(more), settingsIn(out), { workers: 1, ...host })

/** The same trials on this thread, without the search around them. */
async function plainTrials(more: Partial<ModelSearch> = {}) {
  const bars = await loadBars('binance:ETHUSDT:1h', { ...RANGE, store: STORE })
  return modelTrials({ model: await loadModel(FILE, 'up'), bars: [bars], ...more })
}

const gridOf = (): Params[] =>
  [0.01, 0.1, 1].flatMap((C) => [3, 12].map((horizon) => ({ 'model.C': C, 'label.horizon': horizon })))

const written = (document: SweepDocument) => JSON.parse(JSON.stringify(document)) as SweepDocument

/** Of the whole grid, on two threads. */
let whole: Sweep
const WHOLE_OUT = scratch()
beforeAll(async () => {
  whole = await search({}, { workers: 2 }, WHOLE_OUT)
})

/** Files of a sweep's folder, without what the ledger says. */
async function filesOf(sweep: Sweep, out: string): Promise<Record<string, string>> {
  const { dir } = await writeSweep(sweep, out, { ledger: join(out, 'ledger.jsonl'), onWarning: () => {} })
  const names = ['run.json', 'trials.csv', 'report.html']
  const textOf = (name: string) => readFileSync(join(dir, name), 'utf8').replace(/<!--ledger-->.*<!--\/ledger-->/s, '')
  return Object.fromEntries(names.map((name) => [name, textOf(name)]))
}

describe('a sweep of a model', () => {
  test('is the same bytes on one thread and on two', async () => {
    const out = scratch()
    const one = await filesOf(await search({}, { workers: 1 }, out), out)
    expect(one).toEqual(await filesOf(whole, WHOLE_OUT))
    expect(one['trials.csv']!.split('\n').filter((line) => line !== '')).toHaveLength(1 + 6)
    // what it would have gone on from is gone
    expect(readdirSync(out).sort()).toEqual(['ledger.jsonl', whole.result.document.run])
  })

  test('has what each trial comes to by itself, and the best of them judged where no trial looked', async () => {
    const { document, trials, outcomes } = whole.result
    const plain = await plainTrials()
    const alone: TrialOutcome[] = []
    for (const [k, params] of gridOf().entries()) alone.push(await plain.run({ number: k + 1, params }))
    expect(trials.map(({ params }) => params)).toEqual(gridOf())
    expect(JSON.stringify(outcomes)).toBe(JSON.stringify(alone))
    const least = Math.min(...alone.map(({ objective }) => objective!))
    const best = alone.find(({ objective }) => objective === least)!
    expect(document.best).toMatchObject({ trial: best.number, objective: least, metrics: best.metrics, rank: 1 })
    expect(document.heldOut).toEqual({ ...plain.heldOut, ...(await plain.judgeHeldOut(document.best!.params)) })
    // a quarter of 45 days, at the end
    expect(document.heldOut).toMatchObject({ from: TO - 11.25 * 86_400_000, to: TO })
    expect(document.heldOut!.objective).not.toBe(document.best!.objective)
    expect(SWEEP_SCHEMA.parse(written(document))).toEqual(written(document))
  })

  test('gives all trials what is set to one value', async () => {
    const { document, outcomes } = (await search({ set: ['model.C=0.01', 'label.horizon=3,12'] })).result
    const alone = whole.result.outcomes.filter((_, k) => whole.result.trials[k]!.params['model.C'] === 0.01)
    const plain = outcomes.map(({ objective, metrics }) => ({ objective, metrics }))
    expect(plain).toEqual(alone.map(({ objective, metrics }) => ({ objective, metrics })))
    expect(document).toMatchObject({ fixed: { 'model.C': 0.01 }, trials: { all: 2 } })
    expect(Object.keys(document.best!.params)).toEqual(['label.horizon'])
    const chosen = { 'model.C': 0.01, ...document.best!.params }
    expect(document.heldOut).toMatchObject(await (await plainTrials()).judgeHeldOut(chosen))
  })

  test('leaves out what a condition on paths does, and is counted once with the trials that were made before', async () => {
    const where = ['model.C * 100 >= label.horizon', 'model.maxIterations > 1']
    const some = await search({ where })
    const { document, trials } = some.result
    // of 1, 10 and 100 against 3 and 12
    expect(trials.map(({ params }) => [params['model.C'], params['label.horizon']])).toEqual([
      [0.1, 3],
      [1, 3],
      [1, 12],
    ])
    expect(document.trials).toMatchObject({ all: 3, excluded: 3 })
    const out = scratch()
    const counting = { ledger: join(out, 'ledger.jsonl'), onWarning: () => {} }
    await writeSweep(some, out, counting)
    await writeSweep(whole, out, counting)
    const { entries } = readLedger(counting.ledger)
    expect(entries.map(({ params }) => params)).toEqual([...trials.map(({ params }) => params), ...gridOf()])
    expect(new Set(entries.map(({ id }) => id)).size).toBe(6)
    for (const { name, verb, returns } of entries)
      expect({ name, verb, returns }).toEqual({ name: 'up', verb: 'sweep', returns: null })
  })

  test('on some of the series of a model is one of a model of these', async () => {
    const two = project(modelModule({ series: "['binance:BTCUSDT:1h', 'binance:ETHUSDT:1h']" }))
    const data = ['binance:ETHUSDT:1h']
    const set = ['model.C=0.01,1']
    const { document, outcomes } = (await search({ strategy: two.file, data, set })).result
    const plain = await plainTrials()
    for (const [k, C] of [0.01, 1].entries()) {
      const alone = await plain.run({ number: k + 1, params: { 'model.C': C } })
      expect(JSON.stringify(outcomes[k])).toBe(JSON.stringify(alone))
    }
    expect(document.data.map(({ series }) => series)).toEqual(data)
    expect(document.reproduce.command).toContain(' --data binance:ETHUSDT:1h ')
    expect(whole.result.document.reproduce.command).not.toContain('--data')
  })
})

describe('a search of a model that is stopped', () => {
  test('keeps what is done and goes on from there to the same bytes', async () => {
    const out = scratch()
    const stop = new AbortController()
    const stopped = search(
      {},
      { workers: 1, signal: stop.signal, onTrials: ({ done }) => done === 2 && stop.abort() },
      out,
    )
    await expect(stopped).rejects.toThrow(/stopped after 2 of 6 trials; --resume goes on/)
    const [folder] = readdirSync(out)
    const journal = join(out, folder!, 'outcomes.jsonl')
    const lines = readFileSync(journal, 'utf8').trim().split('\n')
    expect(lines).toHaveLength(2)
    const told: number[] = []
    const { result, journal: held } = await search({}, { resume: true, onTrials: ({ done }) => told.push(done) }, out)
    held.release()
    expect(JSON.stringify(result)).toBe(JSON.stringify(whole.result))
    expect(told).toEqual([1, 2, 3, 4, 5, 6])
    // what it goes on from is what stands there, not what comes of doing it again
    const changed = JSON.parse(lines[0]!)
    changed.outcome.objective = 0.001
    writeFileSync(journal, journalLine(changed))
    expect((await search({}, { resume: true }, out)).result.document.best!.objective).toBe(0.001)
  })

  test('does not wait for the trial at hand', async () => {
    // each fold sleeps for as long as the test may take
    const sleep = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000)'
    const model = `{ ...logisticRegression(), kind: 'own', fit: (...of) => (${sleep}, logisticRegression().fit(...of)) }`
    const slow = project(modelModule({ model }))
    const stop = new AbortController()
    const work = search({ strategy: slow.file, set: ['label.horizon=3,12'] }, { signal: stop.signal, workers: 1 })
    setTimeout(() => stop.abort(), 1500)
    const start = performance.now()
    await expect(work).rejects.toThrow(/stopped after 0 of 2 trials/)
    expect(performance.now() - start).toBeLessThan(4000)
  })
})

describe('a worker elsewhere', () => {
  const sent = (manifest: SearchManifest) => JSON.parse(JSON.stringify(manifest)) as SearchManifest
  const places = { store: STORE, out: '', cwd: DIR, threads: 1 }

  test('makes the same trials of the manifest; what came of them says how it is had and made again', async () => {
    const asked = { set: [...GRID, 'calibrate=platt'], objective: 'auc', holdout: 0.3 }
    const backend = (manifest: SearchManifest) => openManifest(sent(manifest), places)
    const { result } = await search(asked, { backend })
    expect(JSON.stringify(result)).toBe(JSON.stringify((await search(asked)).result))
    const { document } = result
    const plain = await plainTrials({ objective: 'auc', holdout: 0.3 })
    const last = { number: 6, params: { calibrate: 'platt', 'model.C': 1, 'label.horizon': 12 } }
    expect(JSON.stringify(result.outcomes.at(-1))).toBe(JSON.stringify(await plain.run(last)))
    expect(document.heldOut).toMatchObject(plain.heldOut)
    expect(document).toMatchObject({
      ...{ kind: 'sweep', subject: 'model', name: 'up', fixed: { calibrate: 'platt' }, overfitting: null },
      search: { objective: { name: 'auc', goal: 'max' }, prune: null, trials: 6 },
      remarks: [expect.stringMatching(/^Trials foretell different labels: the same auc/)],
    })
    const { params, command, edit, objective } = document.best!
    expect(objective).toBe(Math.max(...result.outcomes.map((one) => one.objective!)))
    expect(edit).toBe(`calibrate = "platt"\nmodel.C = ${params['model.C']}\nlabel.horizon = ${params['label.horizon']}`)
    expect(command).toBe('klinelab train models/m.ts --model up')
    expect(document.reproduce.command).toBe(
      'klinelab sweep models/m.ts --model up --from 2024-01-01 --to 2024-02-15 --set calibrate=platt --set model.C=0.01,0.1,1 --set label.horizon=3,12 --objective auc --holdout 0.3',
    )
  })

  test('refuses other code, other bars, and another definition of the same code', async () => {
    const { manifest } = whole.ground
    const open = (change: object) => openManifest({ ...sent(manifest), ...change }, places)
    const hash = '0'.repeat(64)
    await expect(open({ code: hash })).rejects.toThrow(Refusal)
    await expect(open({ code: hash })).rejects.toThrow(/module models\/m\.ts: it, a file it imports/)
    await expect(open({ data: { 'binance:ETHUSDT:1h': hash }, id: hash })).rejects.toThrow(
      /ETHUSDT:1h: the bars stored here are others/,
    )
    await expect(open({ definition: hash, id: hash })).rejects.toThrow(/comes to another search here/)
    await expect(open({ model: 'down' })).rejects.toThrow(/--model down: .* has no such model; it has up/)
  })
})

describe('what cannot be searched of a model', () => {
  const refused = async (more: Partial<SearchAsked>, says: RegExp) => expect(search(more)).rejects.toThrow(says)

  test('is told before a trial is run', async () => {
    await refused({ set: ['model.trees=5,10'] }, /"model.trees" cannot be searched.*there are label.horizon/s)
    await refused({ set: ['features=1,2'] }, /export several models with other features instead/)
    await refused({ set: ['model.c=1,2'] }, /did you mean "model.C"/)
    await refused({ set: ['model.C=0'] }, /^model.C=0: logisticRegression: C is 0/)
    await refused({ set: ['label.horizon=3..12'] }, /a grid/)
    await refused({ prune: 0.3 }, /^--prune is of strategies: a model that is searched is judged on all its folds/)
    await refused({ closeAtEnd: true }, /^--close-at-end is of strategies/)
    await refused({ allowInSample: true }, /^--allow-in-sample is of strategies/)
    expect(() => refuseForModels({ feeTaker: 0.001 })).toThrow(/^--fee-taker is of strategies: .* pays nothing; leave/)
    expect(() => refuseForModels({ slippageBps: 0 })).toThrow(/^--slippage-bps/)
    refuseForModels({ from: FROM, workers: 2, feeTaker: undefined })
    await refused({ objective: 'sharpe' }, /--objective sharpe is a figure of a strategy/)
    await refused({ objective: 'rows' }, /neither high nor low of it is better/)
    await refused({ objective: 'own.ts' }, /judged by a figure, such as logLoss or auc/)
    await refused({ holdout: 0 }, /--holdout 0: write the share/)
    await refused({ holdout: 1 }, /--holdout 1: write the share/)
    await refused(
      { data: ['binance:BTCUSDT:1h'] },
      /--data binance:BTCUSDT:1h: model up learns from binance:ETHUSDT:1h/,
    )
    await refused({ trials: 3 }, /a grid tries all it has \(6\)/)
    await refused({ from: TO, to: FROM }, /an empty range/)
    await refused({ where: ['model.C > 5'] }, /./)
    await refused({ model: 'ups' }, /--model ups: .* has no such model \(did you mean "up"\?\); it has up/)
  })

  test('of several models one is named', async () => {
    const twice = project(`${modelModule().split('export default')[0]}export const other = { ...up }\n`)
    await expect(search({ strategy: twice.file, model: undefined as never })).rejects.toThrow(
      /has several models, (up, other|other, up): add --model/,
    )
  })

  test('a module with a strategy is searched as one, unless a model is named', async () => {
    expect(await subjectOf({ strategy: FILE, data: [], set: ['x=1,2'] })).toBe('strategy')
    expect(await subjectOf({ strategy: FILE, model: 'up', data: [], set: [] })).toBe('model')
    const alone = project(modelModule().split('export default')[0])
    expect(await subjectOf({ strategy: alone.file, data: [], set: [] })).toBe('model')
    const only = { strategy: alone.file, data: [], ...RANGE, set: ['model.C=0.01,1'] }
    const { result } = await sweepOf(only, settingsIn(scratch()), { workers: 1 })
    expect(result.document).toMatchObject({ subject: 'model', name: 'up' })
    await expect(subjectOf({ strategy: FILE, data: [], set: [], holdout: 0.2 })).rejects.toThrow(
      /^--holdout is of a model, and .* is searched as a strategy: to search one of its models add --model up/,
    )
    await expect(subjectOf({ strategy: FILE, data: [], set: ['model.C=1,2'] })).rejects.toThrow(
      /^--set model.C: strategy asks has no such parameter; to search one of its models add --model up/,
    )
  })

  test('a failed trial is a row with its reason', async () => {
    const one = (await search({ set: ['label.horizon=3,12,1000'] })).result
    expect(one.outcomes.map(({ status }) => status)).toEqual(['done', 'done', 'failed'])
    expect(one.document.table.at(-1)).toMatchObject({
      ...{ rank: null, status: 'failed', reason: expect.stringMatching(/a horizon of 1000 bars needs at least 1001/) },
    })
  })
})

test('a model on some series has the rest of its definition as it was', async () => {
  const { definition } = onSeries(await loadModel(FILE, 'up'), ['binance:BTCUSDT:1h'])
  expect(definition).toMatchObject({ series: ['binance:BTCUSDT:1h'], kind: 'definition', seed: 0 })
})
