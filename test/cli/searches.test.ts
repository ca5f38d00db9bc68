import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { SweepDocument, WalkForwardDocument } from '../../src/core/search.ts'
import { SWEEP_SCHEMA } from '../../src/report/sweep-schema.ts'
import { WALK_FORWARD_SCHEMA } from '../../src/report/walk-forward-schema.ts'
import { klinelab, scratch } from './klinelab.ts'
import { ASKED, columnOf, SERIES, searchProject } from './made-search.ts'
import { modelModule } from './model-modules.ts'

const project = await searchProject()
const { run, out, strategy } = project

interface Made {
  readonly run: string
  readonly dir: string
  readonly printed: string
}

async function made(args: readonly string[]): Promise<Made> {
  const { code, stdout: printed, stderr } = await run(args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const [, name] = /(\S+)\/report\.html/.exec(printed)!
  return { run: basename(name!), dir: join(out, basename(name!)), printed }
}

const PLAN = ['--train', '10d', '--test', '5d']
const sweep = await made(['sweep', strategy, ...ASKED])
const walk = await made(['walk-forward', strategy, ...ASKED, ...PLAN])
const backtest = await made(['backtest', strategy, '--data', SERIES, '--set', 'fast=4', '--set', 'slow=20'])
const busy = await made(['sweep', strategy, ...ASKED, '--objective', project.objective])

const documentOf = <T>({ dir }: Made) => JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8')) as T
const ledger = () => readFileSync(join(out, 'ledger.jsonl'), 'utf8')

/** Changes a file for as long as something is looked at. */
async function changed<T>(file: string, change: (text: string) => string, look: () => Promise<T>): Promise<T> {
  const before = readFileSync(file, 'utf8')
  writeFileSync(file, change(before))
  try {
    return await look()
  } finally {
    writeFileSync(file, before)
  }
}

describe('klinelab runs', () => {
  test('lists sweeps with their best and the middle of all, as trials.csv has them', async () => {
    const { sweeps, runs } = JSON.parse((await run(['runs', '--json'])).stdout)
    const sharpes = columnOf(sweep.dir, 'objective')
      .map(Number)
      .sort((a, b) => a - b)
    expect(sharpes).toHaveLength(6)
    const row = sweeps.find((one: Made) => one.run === sweep.run)
    expect(row).toMatchObject({ data: [SERIES], trials: { all: 6 }, objective: { name: 'sharpe', goal: 'max' } })
    expect(row.best.objective).toBe(sharpes[5])
    expect(row.median).toBeCloseTo((sharpes[2]! + sharpes[3]!) / 2, 12)
    expect(runs.map((one: Made) => one.run)).toEqual([backtest.run])
  })

  test('lists walk-forwards with what they came to out of sample', async () => {
    const { walkForwards } = JSON.parse((await run(['runs', '--json'])).stdout)
    // 25 days: 10 to choose on, then three times 5 to trade
    expect(walkForwards).toMatchObject([{ run: walk.run, windows: 3, data: [SERIES] }])
    const trades = readFileSync(join(walk.dir, 'trades.csv'), 'utf8').trimEnd().split('\n').length - 1
    expect(walkForwards[0].metrics.trades).toBe(trades)
  })

  test('prints each kind in a table of its own', async () => {
    const { stdout } = await run(['runs'])
    const tables = stdout.trimEnd().split('\n\n')
    expect(tables.map((table) => table.split(' ')[0])).toEqual(['run', 'sweep', 'walk-forward'])
    expect(tables[1]).toContain(sweep.run)
    expect(tables[1]).not.toContain(walk.run)
    expect(tables[2]).toContain(walk.run)
  })

  test('show prints what the command printed, and the command', async () => {
    for (const one of [sweep, walk]) {
      const { stdout } = await run(['runs', 'show', one.run])
      const upTo = (text: string) => text.slice(0, text.indexOf('report.html'))
      expect(upTo(stdout)).toBe(upTo(one.printed))
      expect(stdout).toContain(documentOf<SweepDocument>(one).reproduce.command)
    }
  })
})

describe('what a search is made again from', () => {
  test.each([
    ['a sweep', sweep, SWEEP_SCHEMA],
    ['a walk-forward', walk, WALK_FORWARD_SCHEMA],
  ])('fits the published schema with the rest of run.json: %s', (_, one, schema) => {
    const document = documentOf<SweepDocument>(one)
    expect(schema.safeParse(document).error?.issues ?? []).toEqual([])
    const { command, request, ...rest } = document.reproduce
    const partly = {
      ...document,
      reproduce: { ...rest, command, request: { ...(request as object), seed: undefined } },
    }
    expect(schema.safeParse(partly).success).toBe(false)
  })

  test('is the same however it was asked for', async () => {
    const wheres = ['--where', 'fast < slow', '--where', 'slow < 900']
    const one = await made([
      ...['sweep', strategy, '--data', SERIES, '--set', 'fast=4..12:4', '--set', 'slow=20,40', ...wheres],
      ...['--set', 'qty=0.2', '--method', 'sobol', '--trials', '5', '--search-seed', '7', '--workers', '1'],
    ])
    const other = await made([
      ...['sweep', strategy, '--data', SERIES, '--set', ' fast = 4 .. 12 : 4 ', '--set', 'slow= 20, 40', ...wheres],
      ...['--set', 'qty=0.20', '--method', 'sobol', '--trials', '5', '--search-seed', '7', '--workers', '2'],
    ])
    expect(other.run).toBe(one.run)
    const { command, request } = documentOf<SweepDocument>(one).reproduce
    expect(request).toMatchObject({ set: ['fast=4..12:4', 'slow=20,40'], trials: 5, seed: 7, method: 'sobol' })
    expect(request).toMatchObject({ where: '(fast < slow) && (slow < 900)', backtest: { set: { qty: 0.2 } } })
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
    const env = { KLINELAB_STORE: project.stores.own, KLINELAB_REPORTS: out }
    expect(klinelab([...words.slice(1), '--json'], { cwd: project.cwd, env }).json()).toMatchObject({ run: one.run })
  })
})

describe('klinelab verify', () => {
  const problemsOf = async (one: Made, store?: string) => {
    const done = await run(['verify', one.run, '--json'], store)
    const { same, problems, differences } = JSON.parse(done.stdout)
    expect(done.code).toBe(same ? 0 : 1)
    return { problems: problems as string[], differences: differences as { key: string }[] }
  }

  test.each([
    ['a sweep', sweep],
    ['a walk-forward', walk],
    ['a sweep by a function of its own', busy],
  ])('finds %s the same, and writes nothing', async (_, one) => {
    const [before, counted] = [readdirSync(out), ledger()]
    expect(await problemsOf(one)).toEqual({ problems: [], differences: [] })
    expect(readdirSync(out)).toEqual(before)
    expect(ledger()).toBe(counted)
  })

  test.each([
    ['a sweep', sweep, /^best\.|^spread\.|^overfitting\./],
    ['a walk-forward', walk, /^metrics\.|^windows\./],
  ])('says of %s that the stored bars are others', async (_, one, figures) => {
    const { problems, differences } = await problemsOf(one, project.stores.other)
    expect(problems).toContain(`the stored bars of ${SERIES} are not those of the run`)
    expect(problems.join()).not.toContain('changed by hand')
    expect(differences.map(({ key }) => key)).toContain('data.0.sha256')
    expect(differences.filter(({ key }) => figures.test(key))).not.toEqual([])
  })

  test('says that the strategy, or the module of the objective, was changed', async () => {
    const comment = (text: string) => `${text}// another\n`
    expect((await changed(strategy, comment, () => problemsOf(walk))).problems).toEqual([
      'the strategy, a file it imports, or the lockfile was changed',
    ])
    expect((await changed(project.objective, comment, () => problemsOf(busy))).problems).toEqual([
      'the module of the objective, a file it imports, or the lockfile was changed',
    ])
  })

  test('makes one whose objective lies outside of its project again too, and so does its command', async () => {
    const objective = join(scratch({ 'far.ts': readFileSync(project.objective, 'utf8') }), 'far.ts')
    const one = await made(['sweep', strategy, ...ASKED, '--objective', objective])
    expect(await problemsOf(one)).toEqual({ problems: [], differences: [] })
    const { reproduce, search } = documentOf<SweepDocument>(one)
    // where it lies is nothing that a page has to say
    expect(search.objective.name).toBe('far.ts')
    // this process is not where the project is
    const words = reproduce.command.replace('strategies/cross.ts', strategy).split(' ').slice(1)
    const again = await run([...words, '--json'])
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(again.stdout)).toMatchObject({ run: one.run, dir: one.dir })
    // one of its project is named from there, wherever that lies
    expect(documentOf<SweepDocument>(busy).reproduce.command).toContain(' --objective busy.ts')
  })

  test('makes a sweep of a model again too, and says that its module was changed', async () => {
    const module = join(project.cwd, 'model.ts')
    writeFileSync(module, modelModule())
    const range = ['--from', '2024-01-01', '--to', '2024-02-01']
    const one = await made(['sweep', module, '--model', 'up', ...range, '--set', 'model.C=0.01,1', '--workers', '1'])
    expect(await problemsOf(one)).toEqual({ problems: [], differences: [] })
    const { problems } = await changed(
      module,
      (text) => `${text}// another\n`,
      () => problemsOf(one),
    )
    expect(problems).toEqual(['the module, a file it imports, or the lockfile was changed'])
  })

  type Edit = readonly [file: string, what: RegExp, by: string]

  test.each<readonly [string, Made, readonly Edit[], readonly string[]]>([
    [
      'of a sweep a figure and a trial',
      sweep,
      [
        ['run.json', /"median": -?[\d.]+/, '"median": 9'],
        ['trials.csv', /,done,/, ',lost,'],
      ],
      ['gave another result: run.json was changed by hand', 'trials.csv in the folder is not what the run writes'],
    ],
    [
      'of a walk-forward fills and its page',
      walk,
      [
        ['fills.csv', /buy/, 'sell'],
        ['report.html', /Sharpe/, 'sharp'],
      ],
      ['fills.csv in the folder is not what the run writes', 'report.html in the folder is not what the run writes'],
    ],
    [
      'of a walk-forward a figure of a window',
      walk,
      [['run.json', /"startEquity": [\d.]+/, '"startEquity": 1']],
      ['gave another result: run.json was changed by hand'],
    ],
  ])('says what was changed by hand: %s', async (_, one, edits, said) => {
    const edited = edits.reduceRight<() => Promise<{ problems: string[] }>>(
      (look, [file, what, by]) =>
        () =>
          changed(join(one.dir, file), (text) => text.replace(what, by), look),
      () => problemsOf(one),
    )
    const { problems } = await edited()
    expect(problems).toEqual(said.map((text) => expect.stringContaining(text)))
  })

  test('what another build recorded is refused with the command', async () => {
    const old = (text: string) => text.replace('"set": [', '"words": [')
    const done = await changed(join(sweep.dir, 'run.json'), old, () => run(['verify', sweep.run]))
    expect(done.code).toBe(1)
    expect(done.stderr).toMatch(/reproduce\.request\.set: .*make the run again: klinelab sweep strategies\/cross\.ts/)
  })
})

describe('klinelab report', () => {
  test.each([
    ['a sweep', sweep],
    ['a walk-forward', walk],
  ])('makes the page of %s again but for what the ledger says by now, and counts nothing', async (_, one) => {
    const page = join(one.dir, 'report.html')
    const compared = () => readFileSync(page, 'utf8').replace(/<!--ledger-->.+<!--\/ledger-->/s, '')
    const [before, counted] = [compared(), ledger()]
    writeFileSync(page, 'gone')
    expect(await run(['report', one.run])).toMatchObject({ code: 0, stderr: '' })
    expect(compared()).toBe(before)
    expect(readFileSync(page, 'utf8')).toContain('<!--ledger-->')
    expect(ledger()).toBe(counted)
  })

  test('refuses where the data are no longer what they were', async () => {
    const page = readFileSync(join(sweep.dir, 'report.html'), 'utf8')
    const done = await run(['report', sweep.run], project.stores.other)
    expect(done.code).toBe(2)
    expect(done.stderr).toContain(`no longer what they were, so its report cannot be made again; see klinelab verify`)
    expect(readFileSync(join(sweep.dir, 'report.html'), 'utf8')).toBe(page)
  })
})

describe('klinelab runs diff', () => {
  test('of two sweeps says what was searched otherwise and what came of it', async () => {
    const { differences } = JSON.parse((await run(['runs', 'diff', sweep.run, busy.run, '--json'])).stdout)
    const [a, b] = [documentOf<SweepDocument>(sweep), documentOf<SweepDocument>(busy)]
    expect(differences).toContainEqual({ key: 'search.objective.name', a: 'sharpe', b: 'busy.ts' })
    expect(differences).toContainEqual({ key: 'best.objective', a: a.best!.objective, b: b.best!.objective })
    // trades are whole, a thousandth of fast is the rest
    expect(b.best!.objective).toBe(b.best!.metrics['trades']! - Number(b.best!.params['fast']) / 1000)
    const { stdout } = await run(['runs', 'diff', sweep.run, busy.run])
    expect(stdout).toMatch(/Search[\s\S]+search\.objective\.name +sharpe +busy\.ts[\s\S]+Best[\s\S]+best\.objective/)
    expect((await run(['runs', 'diff', walk.run, walk.run])).stdout).toBe('the same in everything\n')
  })

  test.each([
    [sweep, walk, 'is a sweep and'],
    [walk, backtest, 'is a walk-forward and'],
    [backtest, sweep, 'is a backtest and'],
  ])('refuses two of other kinds', async (a, b, said) => {
    const done = await run(['runs', 'diff', a.run, b.run])
    expect(done.code).toBe(2)
    expect(done.stderr).toContain(`${a.run} ${said}`)
  })
})

describe('what is asked of a run of another kind is refused with what it is', () => {
  test.each([
    ['runs explain', ['--trade', '1'], 'not a backtest'],
    ['evaluate', [], 'not a trained model'],
    ['ledger --run', [], 'not a backtest'],
  ])('%s', async (words, more, wanted) => {
    for (const [one, kind] of [
      [sweep, 'a sweep'],
      [walk, 'a walk-forward'],
    ] as const) {
      // by a part of its name, as it is typed
      const done = await run([...words.split(' '), one.run.slice(0, -2), ...more])
      expect(done.code).toBe(2)
      expect(done.stderr).toContain(`${one.run}: is ${kind}, ${wanted}; see klinelab runs show ${one.run}`)
    }
  })

  test('a backtest is found among searches whose names begin as its own', async () => {
    const done = await run(['runs', 'explain', 'sma-cross', '--trade', '1', '--json'])
    expect(JSON.parse(done.stdout)).toMatchObject({ run: backtest.run })
  })

  test('a kind that is not known, or a document that lacks a part of its kind, is told of and left out', async () => {
    const file = join(walk.dir, 'run.json')
    const listed = () => run(['runs', '--json'])
    const unknown = await changed(file, (text) => text.replace('"kind": "walk-forward"', '"kind": "paper"'), listed)
    expect(unknown.stderr).toContain(`${file}: is of a kind that this version does not know, "paper"`)
    expect(JSON.parse(unknown.stdout).walkForwards).toEqual([])
    const { windows, ...rest } = documentOf<WalkForwardDocument>(walk)
    expect(windows).toHaveLength(3)
    const partly = await changed(file, () => JSON.stringify(rest), listed)
    expect(partly.stderr).toContain(`${file}: is no run, it has no "windows"`)
    expect(existsSync(file)).toBe(true)
  })
})
