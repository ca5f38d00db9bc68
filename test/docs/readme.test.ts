import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT, scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'
import { dayOfMinutes, zipOf } from './dump.ts'
import { fencedBlocks } from './fenced.ts'

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
const blocks = fencedBlocks(readme)
const firstStrategy = blocks.find(({ language, text }) => language === 'ts' && text.includes('defineStrategy'))!.text
const firstModel = blocks.find(({ language, text }) => language === 'ts' && text.includes('defineModel'))!.text
const schedule = blocks.find(({ language, text }) => language === 'ts' && text.includes('defineConfig'))!.text
const fromCode = blocks.find(({ language, text }) => language === 'ts' && text.includes('runBacktest'))!.text

/** A user's own folder: the examples, the README's first strategy, dumps in the home folder, an exchange info. */
const project = scratch({
  'package.json': '{ "type": "module" }',
  'strategies/dip.ts': firstStrategy,
  'strategies/odds.ts': firstModel,
  'study.ts': fromCode,
  'klinelab.config.ts': schedule,
  'home/dumps/BTCUSDT-1m-2024-01.zip': zipOf('BTCUSDT-1m-2024-01.csv', dayOfMinutes(Date.UTC(2024, 0, 31))),
  'home/dumps/BTCUSDT-1m-2024-02.zip': zipOf('BTCUSDT-1m-2024-02.csv', dayOfMinutes(Date.UTC(2024, 1, 1))),
  'exchangeInfo-2024-05-01.json': exchangeInfo('SOL', Date.UTC(2024, 4, 1)),
})
cpSync(join(ROOT, 'strategies'), join(project, 'strategies'), { recursive: true })

/** `npm start --` runs the script of package.json in the checkout, `npx klinelab` the command in the user's folder. */
const programs = scratch()
const program = (name: string, text: string) =>
  writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
program('npm', `[ "$1 $2" = "start --" ] || exit 64\nshift 2\ncd '${ROOT}' && exec ${scripts['start']} "$@"`)
const NPX = '[ "$1" = klinelab ] || exit 64\nshift\n'
program('npx', `${NPX}exec node '${join(ROOT, 'src', 'cli', 'klinelab.mjs')}' "$@"`)

/** Beside them, a `npx` that only says what words the shell made of the line. */
const words = scratch()
writeFileSync(join(words, 'npx'), `#!/bin/sh\n${NPX}printf '%s\\0' "$@"\n`, { mode: 0o755 })

/** The venues are asked at a server of this machine that plays them. */
let venues: ChildProcess
const elsewhere: Record<string, string> = {}
beforeAll(async () => {
  venues = spawn(process.execPath, [join(ROOT, 'test', 'servers', 'serve.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = (await once(venues.stdout!, 'data')) as [Buffer]
  for (const name of ['BINANCE', 'BINANCE_USDM', 'BINANCE_ARCHIVE', 'COINBASE', 'KRAKEN', 'KUCOIN'])
    elsewhere[`KLINELAB_URL_${name}`] = said.toString('utf8').trim()
})
afterAll(() => venues.kill())

const inProject = () => ({
  ...elsewhere,
  HOME: join(project, 'home'),
  KLINELAB_REPORTS: join(project, 'reports'),
})

function shell(found: string) {
  const { KLINELAB_STORE, ...env } = process.env
  return { cwd: project, env: { ...env, ...inProject(), PATH: `${found}:${dirname(process.execPath)}:${env['PATH']}` } }
}

function alone(command: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) =>
    execFile('sh', ['-c', command], shell(programs), (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    ),
  )
}

/** The shell's own words, given to a klinelab that need not be started first: half a second of CPU each. */
async function here(command: string) {
  const said = spawnSync('sh', ['-c', command], { ...shell(words), encoding: 'utf8' })
  expect({ status: said.status, stderr: said.stderr }).toEqual({ status: 0, stderr: '' })
  return klinelabHere(said.stdout.split('\0').slice(0, -1), { cwd: project, env: inProject() })
}

/** What waits, listens or plays a part in the whole process keeps one of its own, and one of each kind proves `npx`. */
const isAlone = (command: string) => /^npm |klinelab (paper|exchange|runs diff|doctor)\b/.test(command)

/** A session of a month waits between its bars, for seconds: it is begun where commands follow that take as long and ask nothing of it. */
const BEGUN_EARLY = { command: /^npx klinelab paper .* --replay /, before: /^npx klinelab train / }
const begun = new Map<string, ReturnType<typeof alone>>()
function begin(before: string): void {
  if (!BEGUN_EARLY.before.test(before)) return
  for (const command of commands) if (BEGUN_EARLY.command.test(command)) begun.set(command, alone(command))
}

function exchangeInfo(base: string, serverTime: number): string {
  const file = join(ROOT, 'datasets', 'instruments', 'binance', 'BTCUSDT', '2022-12-17.json')
  const { symbols } = JSON.parse(readFileSync(file, 'utf8').replaceAll('BTC', base)) as { symbols: object[] }
  return JSON.stringify({ timezone: 'UTC', serverTime, symbols })
}

const commands = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.split('\n').filter((line) => line !== ''))

describe('the commands of the README', () => {
  // the two that install and run everything are what runs this test
  const isWhole = (command: string) => /^npm (start|test)\s*(#.*)?$/.test(command)

  test('are all of a kind that is run here', () => {
    expect(commands.filter(isWhole).map((command) => command.split('#')[0]!.trim())).toEqual(['npm start', 'npm test'])
    const others = commands.filter((command) => !isWhole(command))
    expect(others.length).toBeGreaterThan(5)
    expect(others.filter((command) => !/^(npm start -- |npx klinelab )/.test(command))).toEqual([])
  })

  test.each(commands.filter((command) => !isWhole(command)))('%s', async (command) => {
    begin(command)
    const done = await (begun.get(command) ?? (isAlone(command) ? alone(command) : here(command)))
    // what goes on for a while tells there what happens
    const told = /^npx klinelab (paper|exchange) /.test(command) ? done.stderr.match(/^.*\berror\b.*$/gim) : done.stderr
    expect({ code: done.code, told: told ?? '' }).toEqual({ code: 0, told: '' })
    expect(done.stdout.length).toBeGreaterThan(20)
  })

  test('did what they are there for', () => {
    expect(readdirSync(join(project, 'datasets', 'binance', 'BTCUSDT')).sort()).toEqual(['15m', '1m'])
    const csv = gunzipSync(readFileSync(join(project, 'btc.csv.gz'))).toString('utf8')
    // two days of quarters of an hour under a header
    expect(csv.trimEnd().split('\n').length).toBe(1 + 192)
    expect(existsSync(join(project, 'datasets', 'instruments', 'binance', 'SOLUSDT', '2024-05-01.json'))).toBe(true)
  })

  test('the first strategy trades, stops and recovers on the embedded data', () => {
    const dir = readdirSync(join(project, 'reports')).find((name) => name.startsWith('dip-'))!
    const trades = readFileSync(join(project, 'reports', dir, 'trades.csv'), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
    expect(trades.length).toBeGreaterThan(10)
    for (const exit of ['stop', 'signal'])
      expect(trades.filter((line) => line.endsWith(`,dip,${exit}`))).not.toEqual([])
  })
})

// that it has the types it uses is seen where they are made, with the package
describe('the TypeScript of the README', () => {
  test('runs, and does what it says', () => {
    const hook = join(project, 'hook.mjs')
    const source = pathToFileURL(join(ROOT, 'src', 'runs', 'resolve-to-this-copy.ts')).href
    writeFileSync(hook, `import { resolveToThisCopy } from '${source}'\nresolveToThisCopy()\n`)
    const { KLINELAB_STORE, KLINELAB_REPORTS, KLINELAB_LEDGER, ...env } = process.env
    const printed = execFileSync(process.execPath, ['--import', hook, 'study.ts'], {
      cwd: project,
      encoding: 'utf8',
      env,
    })
    const [first, above, best] = printed.trimEnd().split('\n')
    const [sharpe, dir] = first!.split(' ')
    const document = JSON.parse(readFileSync(join(dir!, 'run.json'), 'utf8')) as { metrics: { sharpe: number } }
    expect(Number(sharpe)).toBe(document.metrics.sharpe)
    expect(readFileSync(join(project, 'trades.parquet')).subarray(0, 4).toString()).toBe('PAR1')
    // of 182 days of hours, less 167 without an average
    expect(Number(above)).toBeGreaterThan(1000)
    expect(Number(above)).toBeLessThan(182 * 24 - 167)
    // all six that trade often enough lose: the two that hardly trade are not the best of them
    expect(best).toContain('{ fast: 48, slow: 240 }')
  })

  test('there are no other blocks', () => {
    expect(blocks.filter(({ language }) => language === 'ts').map(({ text }) => text)).toEqual([
      firstStrategy,
      firstModel,
      schedule,
      fromCode,
    ])
    // Compose, Kubernetes and systemd: read in deployed.test.ts; what they start is in the tests of the queue
    const others = blocks.filter(({ language }) => !['sh', 'ts'].includes(language))
    expect(others.map(({ language }) => language)).toEqual(['yaml', 'yaml', 'ini', 'yaml', 'text', 'text'])
    // two terminals: such sessions are in the tests of paper trading
    const said = [
      /klinelab,? worker/,
      /klinelab,? worker/,
      /klinelab data sync/,
      /klinelab data sync/,
      /klinelab exchange --replay/,
      /--broker exchange/,
    ]
    for (const [k, { text }] of others.entries()) expect(text).toMatch(said[k]!)
  })

  test('the schedule is one', async () => {
    const done = await here('npx klinelab data sync --list --json')
    expect({ code: done.code, stderr: done.stderr }).toEqual({ code: 0, stderr: '' })
    const { jobs } = JSON.parse(done.stdout) as { jobs: { job: string }[] }
    expect(jobs.map(({ job }) => job)).toEqual(['bars', 'all', 'markets', 'model', 'champion'])
  })
})

test.each(['README.md', 'CONTRIBUTING.md', 'src/README.md'])('scripts and files that %s names are there', (name) => {
  const text = readFileSync(join(ROOT, name), 'utf8')
  const named = [...text.matchAll(/`npm (?:run )?([a-z]+)`/g)].map(([, script]) => script!)
  expect(named.filter((script) => !(script in scripts))).toEqual([])
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)\s]+)\)/g)].map(([, path]) => path!)
  expect(links.filter((path) => !existsSync(join(ROOT, dirname(name), path)))).toEqual([])
})

test('what a million trials cost is what the bench measured', () => {
  const results = JSON.parse(readFileSync(join(ROOT, 'test', 'bench', 'results.json'), 'utf8')) as {
    sweep: { rows: { name: string; value: number }[] }
  }
  const seconds = results.sweep.rows.find(({ name }) => name.startsWith('sweep: 200 pairs'))!.value
  const [, hours, minutes, queue] =
    /(\d+) ms for a trial over four years of hours.*?(\d+) ms over a year of minutes.*?([\d.]+) %\s+for the queue/s.exec(
      readme,
    )!
  // on two cores; benches differ by a third from one machine to the next
  const ratio = Number(minutes) / ((seconds * 2 * 1000) / 200)
  expect(ratio).toBeGreaterThan(0.7)
  expect(ratio).toBeLessThan(1.4)
  const dollars = (ms: string) => ((1000 * Number(ms) * (1 + Number(queue) / 100) * 0.02) / 3600).toFixed(2)
  expect(readme).toContain(`that is ${dollars(hours!)} $ and ${dollars(minutes!)} $ for a million`)
})
