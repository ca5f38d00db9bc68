import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS, EXAMPLES } from '../../src/cli/commands.ts'
import type { EvaluationDocument } from '../../src/core/evaluation.ts'
import { hourlyCsv, klinelab, ROOT, scratch } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'

const SMA = join(ROOT, 'strategies', 'sma-cross.ts')
const RUN = ['backtest', SMA, '--data', 'binance:BTCUSDT:1h', '--from', '2024-01-01', '--to', '2024-07-01']

function allBytes(dir: string): Record<string, string> {
  const names = readdirSync(dir).filter((name) => name !== 'timing.json' && name !== 'ledger.json')
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(dir, name)))
        .digest('hex'),
    ]),
  )
}

/** The README's honest sentences about the sample model are what the demo comes to. */
function saysWhatTheSampleComesTo(out: string, stdout: string): void {
  const dir = readdirSync(out).find((name) => name.startsWith('direction-'))!
  const { series } = JSON.parse(readFileSync(join(out, dir, 'run.json'), 'utf8')) as EvaluationDocument
  const { metrics, intervals, baselines } = series[0]!.pooled
  const figure = (value: number | null | undefined) => value!.toFixed(3)
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8').replaceAll(/\s+/g, ' ')
  const { low, high } = intervals['auc']!
  const rows = metrics['rows']!.toLocaleString('en')
  expect(readme).toContain(
    `AUC of ${figure(metrics['auc'])} on the ${rows} bars that it had not learnt from, with an interval of ${figure(low)} to ${figure(high)}`,
  )
  expect(baselines.majority.compared['auc']!.isBetter).toBe(false)
  expect(readme).toContain(
    `Its log loss, ${figure(metrics['logLoss'])}, is no lower than that of saying the classes' shares (${figure(baselines.majority.metrics['logLoss'])}), and no threshold gains after costs.`,
  )
  expect(series[0]!.money.rows.filter(({ single }) => single.trades >= 30 && single.total > 0)).toEqual([])
  const [, lost] = /^ml-direction, a model +-(\d+)\.\d+ %/m.exec(stdout)!
  const [, held] = /^buy and hold +(\d+)\.\d+ %/m.exec(stdout)!
  expect(readme).toContain(`Its strategy loses ${lost} % where holding made ${held} %.`)
}

/** Help of every command, in one process: it loads them all as Node does, and each prints as if it were alone. */
function helpOfAll(): { code: number; stdout: string }[] {
  const main = pathToFileURL(join(ROOT, 'src', 'cli', 'run-cli.ts')).href
  const script = `import { runCli } from '${main}'
    const told = []
    const write = process.stdout.write.bind(process.stdout)
    for (const name of ${JSON.stringify(Object.keys(COMMANDS))}) {
      let stdout = ''
      process.stdout.write = (text) => (stdout += text)
      told.push({ code: await runCli([...name.split(' '), '--help'], process), stdout })
    }
    write(JSON.stringify(told))`
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }))
}

describe('every command', () => {
  test('klinelab alone lists all commands and three examples', () => {
    const done = klinelab([])
    expect(done.code).toBe(0)
    for (const name of Object.keys(COMMANDS)) expect(done.stdout).toContain(`  ${name} `)
    for (const example of EXAMPLES) expect(done.stdout).toContain(example)
    expect(done.stdout.split('\n').filter((line) => line.length > 100)).toEqual([])
  })

  let helps: readonly { readonly code: number; readonly stdout: string }[]
  beforeAll(() => {
    helps = helpOfAll()
    expect(helps).toHaveLength(Object.keys(COMMANDS).length)
  })

  test.each(Object.keys(COMMANDS))('%s --help has its flags, --json and an example', async (name) => {
    const { code, stdout } = helps[Object.keys(COMMANDS).indexOf(name)]!
    const command = (await COMMANDS[name]!.load()).default
    expect(code).toBe(0)
    // over several lines it is still one command
    expect(stdout.replaceAll(/ \\\n +/g, ' ')).toContain(`\n\nExample:\n  ${command.example}\n`)
    for (const flag of [...Object.keys(command.flags), 'json']) expect(stdout).toContain(`--${flag}`)
    expect(command.example.startsWith(`klinelab ${name}`)).toBe(true)
  })

  test.each(Object.keys(COMMANDS))('%s --help is read in one column of a terminal, without gaps', (name) => {
    const { stdout } = helps[Object.keys(COMMANDS).indexOf(name)]!
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([])
    expect(stdout).not.toMatch(/\[(string|array|boolean|number)\]/)
    // one empty line between parts, and none within one; what a command has alone stands before what others have too
    expect(stdout).not.toMatch(/\n\n\n|\n\n {2,}/)
    const parts = [...stdout.matchAll(/^(Flags|Costs and fills|Settings|Example):$/gm)].map(([, part]) => part!)
    expect(parts.slice(-2)).toEqual(['Settings', 'Example'])
    expect(parts).toEqual(['Flags', 'Costs and fills', 'Settings', 'Example'].filter((part) => parts.includes(part)))
  })

  test('a flag that has the name of a cost and another meaning is not among the costs', () => {
    const { stdout } = helps[Object.keys(COMMANDS).indexOf('retrain')]!
    const [flags, costs] = stdout.split('Costs and fills:')
    expect(flags).toContain('--margin')
    expect(costs).not.toContain('--margin')
    expect(costs).toContain('--fee-taker')
  })

  test.each(Object.keys(COMMANDS))('%s --help says of each flag with a value what holds without it', async (name) => {
    const { flags } = (await COMMANDS[name]!.load()).default
    const silent = Object.entries(flags).filter(
      ([, { value, help, isRequired = false }]) => value !== undefined && !isRequired && !help.includes('built in: '),
    )
    expect(silent.map(([flag]) => flag)).toEqual([])
    const stdout = helps[Object.keys(COMMANDS).indexOf(name)]!.stdout.replaceAll(/\s+/g, ' ')
    for (const { help, isRequired = false } of Object.values(flags))
      expect(stdout).toContain(isRequired ? `${help} (needed)` : help)
  })

  test('a walk-forward is of strategies: its help says nothing of models; what pruning spares is said of both', () => {
    const helpOf = (name: string) => helps[Object.keys(COMMANDS).indexOf(name)]!.stdout.replaceAll(/\s+/g, ' ')
    expect(helpOf('walk-forward')).not.toContain('logLoss')
    expect(helpOf('sweep')).toContain('of a model logLoss')
    for (const name of ['sweep', 'walk-forward'])
      expect(helpOf(name)).toContain(
        'below the median of earlier ones there are given up; never the first 64, of tpe 16',
      )
  })

  test('klinelab data --help lists its commands alone', () => {
    const done = klinelab(['data', '--help'])
    const listed = [...done.stdout.matchAll(/^ {2}(\w[\w-]*(?: [a-z]+)?) {2,}/gm)].map(([, name]) => name!)
    expect(listed).toEqual(Object.keys(COMMANDS).filter((name) => name.startsWith('data ')))
  })

  test.each(EXAMPLES)('the example "%s" works as it stands', { timeout: 240_000 }, (example) => {
    const out = scratch()
    const done = klinelab(example.split(' ').slice(1), { env: { KLINELAB_REPORTS: out } })
    expect(done).toMatchObject({ code: 0, stderr: '' })
    if (example === 'klinelab demo') saysWhatTheSampleComesTo(out, done.stdout)
  })

  test('--version prints the version of package.json', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect(klinelab(['--version']).stdout.trim()).toBe(version)
  })

  test('an example that is not in this folder is said to be klinelab’s own, by a path that works', async () => {
    const data = ['--data', 'binance:BTCUSDT:1h', '--from', '2024-01-01', '--to', '2024-02-01', '--out', scratch()]
    const done = await klinelabHere(['backtest', 'strategies/elsewhere/sma-cross.ts', ...data])
    expect(done.code).toBe(2)
    const [, path] = /klinelab’s own is (\S+): give that path, or copy it/.exec(done.stderr)!
    expect(await klinelabHere(['backtest', path!, ...data])).toMatchObject({ code: 0, stderr: '' })
    const among = await klinelabHere(['backtest', 'node_modules/elsewhere/sma-cross.ts', ...data])
    expect(among.stderr.trimEnd().endsWith(`klinelab’s own is ${path}: give that path`)).toBe(true)
  })

  test('an error with --json is a document too', async () => {
    const done = await klinelabHere(['backtest', 'nothing.ts', '--data', 'binance:BTCUSDT:1h', '--json'])
    expect(done.code).toBe(2)
    expect(done.json()).toEqual({ error: { message: expect.stringContaining('nothing.ts'), code: 2 } })
  })
})

describe('backtest', () => {
  test('writes the run folder of the contract and prints the keys of the contract', async () => {
    const out = scratch()
    const done = await klinelabHere([...RUN, '--out', out, '--json'])
    expect(done).toMatchObject({ code: 0, stderr: '' })
    const json = done.json<Record<string, Record<string, unknown>>>()
    expect(readdirSync(out).sort()).toEqual(['ledger.jsonl', String(json['run'])])
    expect(readdirSync(json['dir'] as never as string).sort()).toEqual([
      'equity.parquet',
      'events.jsonl',
      'fills.csv',
      'ledger.json',
      'report.html',
      'run.json',
      'timing.json',
      'trades.csv',
    ])
    expect(Object.keys(json)).toEqual(
      expect.arrayContaining([
        'run',
        'dir',
        'report',
        'strategy',
        'params',
        'tradeHash',
        'data',
        'engine',
        'costs',
        'metrics',
        'split',
        'orders',
      ]),
    )
    expect(Object.keys(json['engine']!)).toEqual(['version', 'bars', 'seconds', 'barsPerSecond'])
    expect(Object.keys(json['costs']!)).toEqual(
      expect.arrayContaining(['feeMaker', 'feeTaker', 'slippageBps', 'fees', 'slippage', 'funding']),
    )
    const keys =
      'startEquity endEquity netProfit totalReturn cagr volatility sharpe sortino calmar maxDrawdown maxDrawdownBars exposure trades winRate profitFactor expectancy avgTrade bestTrade worstTrade sqn kelly buyAndHold turnover'
    expect(Object.keys(json['metrics']!)).toEqual(expect.arrayContaining(keys.split(' ')))
    const fills = readFileSync(join(json['dir'] as never as string, 'fills.csv'))
    expect(json['tradeHash']).toBe(createHash('sha256').update(fills).digest('hex'))
    const header = readFileSync(join(json['dir'] as never as string, 'trades.csv'), 'utf8').split('\n')[0]
    expect(header).toBe(
      'symbol,side,qty,entryTime,entryPrice,exitTime,exitPrice,fees,funding,pnl,return,bars,mae,mfe,entryTag,exitTag',
    )
  })

  test('the same inputs give the same bytes, from another folder, by flag or by config', async () => {
    const [a, b, c] = [
      scratch(),
      scratch(),
      scratch({ 'klinelab.config.ts': 'export default { cash: 5000, slippageBps: 3 }\n' }),
    ]
    const first = (await klinelabHere([...RUN, '--cash', '5000', '--slippage-bps', '3', '--out', a, '--json'])).json<{
      dir: string
    }>()
    // in a process of its own
    const second = klinelab(
      [...RUN, '--cash', '5e3', '--slippage-bps', '3.0', '--set', 'fast=60', '--out', b, '--json'],
      { cwd: b },
    ).json<{ dir: string }>()
    const third = (await klinelabHere([...RUN, '--out', join(c, 'out'), '--json'], { cwd: c })).json<{ dir: string }>()
    expect(basename(second.dir)).toBe(basename(first.dir))
    expect(allBytes(second.dir)).toEqual(allBytes(first.dir))
    expect(allBytes(third.dir)).toEqual(allBytes(first.dir))
  })

  test('a run that is made again into its folder passes; a folder with other bytes is "not deterministic"', async () => {
    const out = scratch()
    const { dir } = (await klinelabHere([...RUN, '--out', out, '--json'])).json<{ dir: string }>()
    expect((await klinelabHere([...RUN, '--out', out])).code).toBe(0)
    writeFileSync(join(dir, 'trades.csv'), 'something else\n')
    const done = await klinelabHere([...RUN, '--out', out])
    expect(done.code).toBe(1)
    expect(done.stderr).toMatch(/not deterministic.*trades\.csv/s)
    expect(readdirSync(out).sort()).toEqual(['ledger.jsonl', basename(dir)])
  })

  test('costs are on by default, and --no-costs says so', async () => {
    const out = scratch()
    type Doc = { costs: Record<string, number>; remarks: string[]; report: string; metrics: Record<string, number> }
    const paid = (await klinelabHere([...RUN, '--out', out, '--json'])).json<Doc>()
    const free = (await klinelabHere([...RUN, '--out', out, '--no-costs', '--json'])).json<Doc>()
    expect(paid.costs).toMatchObject({ feeMaker: 0.001, feeTaker: 0.001, slippageBps: 2 })
    expect(paid.costs['fees']).toBeGreaterThan(0)
    expect(free.costs).toMatchObject({ fees: 0, slippage: 0 })
    expect(free.remarks[0]).toMatch(/zero/)
    expect(readFileSync(free.report, 'utf8')).toContain('All costs were set to zero.')
    expect(readFileSync(paid.report, 'utf8')).not.toContain('All costs were set to zero.')
    expect(free.metrics['endEquity']).toBeGreaterThan(paid.metrics['endEquity']!)
  })

  test('--show-config tells flag, environment, config and built-in apart', async () => {
    const cwd = scratch({ 'klinelab.config.ts': 'export default { cash: 5000, riskFree: 0.02 }\n' })
    const shown = (
      await klinelabHere(
        ['backtest', SMA, '--data', 'binance:BTCUSDT:1h', '--cash', '7000', '--show-config', '--json'],
        { cwd, env: { KLINELAB_STORE: '/somewhere' } },
      )
    ).json<Record<string, { value: unknown; from: string }>>()
    expect(shown['cash']).toEqual({ value: 7000, from: '--cash' })
    expect(shown['store']).toEqual({ value: '/somewhere', from: 'KLINELAB_STORE' })
    expect(shown['risk-free']).toEqual({ value: 0.02, from: join(cwd, 'klinelab.config.ts') })
    expect(shown['limit-touch']).toEqual({ value: false, from: 'built in' })
  })

  test('the printed command makes the same run again', async () => {
    const out = scratch()
    const first = (
      await klinelabHere([
        ...RUN,
        '--set',
        'slow=200',
        '--cash',
        '2500',
        '--fee-taker',
        '0.0004',
        '--close-at-end',
        '--out',
        out,
        '--json',
      ])
    ).json<{ dir: string; reproduce: { command: string } }>()
    const words = first.reproduce.command.split(' ')
    expect(words.slice(0, 3)).toEqual(['klinelab', 'backtest', 'strategies/sma-cross.ts'])
    const again = (await klinelabHere([...words.slice(1), '--out', scratch(), '--json'])).json<{ dir: string }>()
    expect(allBytes(again.dir)).toEqual(allBytes(first.dir))
  })
})

describe('runs, report, verify', () => {
  const out = scratch()
  let made: { run: string; dir: string }
  beforeAll(async () => {
    made = (await klinelabHere([...RUN, '--out', out, '--json'])).json()
  })

  test('runs lists it, runs show repeats it, by any beginning of its name', async () => {
    expect((await klinelabHere(['runs', '--out', out])).stdout).toContain(made.run)
    const shown = (await klinelabHere(['runs', 'show', 'sma', '--out', out, '--json'])).json<{
      run: string
      metrics: object
    }>()
    expect(shown.run).toBe(made.run)
    expect((await klinelabHere(['runs', 'show', made.dir, '--out', scratch()])).code).toBe(0)
  })

  test('runs diff names what differs and nothing else', async () => {
    const other = (await klinelabHere([...RUN, '--cash', '20000', '--out', out, '--json'])).json<{ run: string }>()
    const { differences } = (await klinelabHere(['runs', 'diff', made.run, other.run, '--out', out, '--json'])).json<{
      differences: { key: string; a: unknown; b: unknown }[]
    }>()
    expect(differences.find((one) => one.key === '.cash' || one.key === 'cash')).toMatchObject({ a: 10_000, b: 20_000 })
    expect(differences.some((one) => one.key.startsWith('params'))).toBe(false)
    expect((await klinelabHere(['runs', 'diff', made.run, made.run, '--out', out, '--json'])).json()).toMatchObject({
      differences: [],
    })
  })

  test('report makes the same page again, but for what the ledger says by now', async () => {
    const page = join(made.dir, 'report.html')
    const compared = () => readFileSync(page, 'utf8').replace(/<!--ledger-->.+<!--\/ledger-->/s, '')
    const before = compared()
    writeFileSync(page, 'gone')
    expect((await klinelabHere(['report', made.run, '--out', out])).code).toBe(0)
    expect(compared()).toBe(before)
  })

  test('verify passes for what was made, and exits 1 with the reason where an input or a file was changed', async () => {
    expect(await klinelabHere(['verify', made.run, '--out', out])).toMatchObject({ code: 0 })
    const trades = readFileSync(join(made.dir, 'trades.csv'), 'utf8')
    writeFileSync(join(made.dir, 'trades.csv'), trades.replace('long', 'short'))
    const changed = await klinelabHere(['verify', made.run, '--out', out])
    expect(changed.code).toBe(1)
    expect(changed.stdout).toMatch(/trades\.csv.*changed by hand/)
    writeFileSync(join(made.dir, 'trades.csv'), trades)
    const document = JSON.parse(readFileSync(join(made.dir, 'run.json'), 'utf8'))
    document.data[0].sha256 = '0'.repeat(64)
    writeFileSync(join(made.dir, 'run.json'), JSON.stringify(document))
    const other = await klinelabHere(['verify', made.run, '--out', out])
    expect(other.code).toBe(1)
    expect(other.stdout).toMatch(/binance:BTCUSDT:1h are not those of the run/)
    // as older builds wrote it
    const { band: _, ...request } = document.reproduce.request
    writeFileSync(
      join(made.dir, 'run.json'),
      JSON.stringify({ ...document, reproduce: { ...document.reproduce, request } }),
    )
    for (const command of [['verify'], ['report'], ['runs', 'explain']])
      expect(
        await klinelabHere([...command, made.run, '--out', out, ...(command[1] ? ['--trade', '1'] : [])]),
      ).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /run\.json: reproduce\.request\.band: .*made by another build or changed by hand, so make the run again: klinelab backtest/,
        ),
      })
  })

  test('what hangs on paths inside bars is told beside the result', async () => {
    expect(
      (
        await klinelabHere([
          'backtest',
          'strategies/rsi-reversion.ts',
          '--data',
          'binance:BTCUSDT:1h',
          '--out',
          scratch(),
        ])
      ).stdout,
    ).toMatch(
      /Band +return -?[\d.]+ % to -?[\d.]+ %, drawdown [\d.]+ % to [\d.]+ %: \d+ bars? hangs? on the order of prices inside/,
    )
  })

  test('latest is the run made last; a name that fits several says so', async () => {
    const newest = (await klinelabHere([...RUN, '--cash', '30000', '--out', out, '--json'])).json<{ run: string }>().run
    expect((await klinelabHere(['runs', 'show', 'latest', '--out', out, '--json'])).json()).toMatchObject({
      run: newest,
    })
    const vague = await klinelabHere(['runs', 'show', 'sma-cross', '--out', out])
    expect(vague.code).toBe(2)
    expect(vague.stderr).toMatch(
      new RegExp(`"sma-cross" fits \\d runs, newest first: ${newest}, .*give more of the name, or latest`),
    )
  })
})

describe('data', () => {
  const rows = Array.from({ length: 72 }, (_, k) => [100 + k, 102 + k, 99 + k, 101 + k] as const)

  test('import, list, check, resample, export: a series goes in and comes out', async () => {
    const cwd = scratch({ 'a.csv': hourlyCsv(rows) })
    const at = { cwd, env: { KLINELAB_STORE: join(cwd, 'store') } }
    const imported = await klinelabHere(['data', 'import', 'a.csv', '--as', 'kucoin:TEST-USDT:1h', '--json'], at)
    expect(imported).toMatchObject({ code: 0, stderr: '' })
    expect(imported.json()).toMatchObject({ series: 'kucoin:TEST-USDT:1h', added: 72, duplicates: 0 })
    expect(
      (await klinelabHere(['data', 'import', 'a.csv', '--as', 'kucoin:TEST-USDT:1h', '--json'], at)).json(),
    ).toMatchObject({
      added: 0,
    })
    expect((await klinelabHere(['data', 'list'], at)).stdout).toMatch(/kucoin:TEST-USDT:1h +72/)
    expect(await klinelabHere(['data', 'check', 'kucoin:TEST-USDT:1h'], at)).toMatchObject({ code: 0 })
    expect(
      (await klinelabHere(['data', 'resample', 'kucoin:TEST-USDT:1h', '--to', '1d', '--json'], at)).json(),
    ).toMatchObject({
      rows: 3,
    })
    expect((await klinelabHere(['data', 'export', 'kucoin:TEST-USDT:1d', '--out', 'd.csv'], at)).code).toBe(0)
    const [header, first] = readFileSync(join(cwd, 'd.csv'), 'utf8').split('\n')
    const cells = Object.fromEntries(header!.split(',').map((name, k) => [name, Number(first!.split(',')[k])]))
    expect(cells).toMatchObject({
      open_time: Date.UTC(2024, 0, 1),
      open: 100,
      high: 125,
      low: 99,
      close: 124,
      volume: 240,
    })
  })

  test('check exits 1 where a stored file was changed', async () => {
    const cwd = scratch({ 'a.csv': hourlyCsv(rows) })
    const at = { cwd, env: { KLINELAB_STORE: join(cwd, 'store') } }
    await klinelabHere(['data', 'import', 'a.csv', '--as', 'binance:TESTUSDT:1h'], at)
    const dir = join(cwd, 'store', 'binance', 'TESTUSDT', '1h')
    const file = readdirSync(dir).find((name) => name.endsWith('.parquet'))!
    const bytes = readFileSync(join(dir, file))
    bytes[bytes.length >> 1]! ^= 1
    writeFileSync(join(dir, file), bytes)
    const done = await klinelabHere(['data', 'check', 'binance:TESTUSDT:1h'], at)
    expect(done.code).toBe(1)
    expect(done.stdout + done.stderr).toContain(file)
  })
})

describe('doctor', () => {
  test('says which variables are set and never to what', () => {
    const done = klinelab(['doctor', '--offline'], {
      env: { KLINELAB_STORE: join(ROOT, 'datasets'), CI: 'a-secret-value' },
    })
    expect(done.code).toBe(0)
    expect(done.stdout).toMatch(/KLINELAB_STORE +set/)
    expect(done.stdout).toMatch(/KLINELAB_REPORTS +missing/)
    expect(done.stdout).not.toContain('a-secret-value')
  })
})
