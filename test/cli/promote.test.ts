import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import type { ParityDocument } from '../../src/core/parity.ts'
import type { RunDocument } from '../../src/core/run.ts'
import { type Promotion, requireModels, requirePromotion } from '../../src/runs/promote/promotion.ts'
import { command } from '../data/command.ts'
import { ROOT, scratch } from './klinelab.ts'

const DAY = 86_400_000
const PARAMS = ['--set', 'fast=24', '--set', 'slow=96']

let project: string
let out: string
let run: RunDocument

const here = (args: readonly string[]) => command([...args, '--out', out], join(ROOT, 'datasets'), { cwd: project })
const promoted = async (...args: readonly string[]) => {
  const done = await here(['promote', 'sma-cross', '--json', ...args])
  return { code: done.code, stderr: done.stderr, said: () => JSON.parse(done.stdout) as Promotion }
}
const missing = ({ checklist }: Promotion) =>
  checklist.filter(({ passed, override }) => !passed && override === null).map(({ name }) => name)

beforeAll(async () => {
  project = scratch({ 'package.json': '{ "type": "module" }' })
  out = join(project, 'reports')
  cpSync(join(ROOT, 'strategies', 'sma-cross.ts'), join(project, 'sma-cross.ts'))
  const range = ['--from', '2024-07-01', '--to', '2025-01-01']
  const data = ['--data', 'binance-usdm:BTCUSDT:1h']
  const done = await here(['backtest', join(project, 'sma-cross.ts'), ...data, ...range, ...PARAMS, '--json'])
  expect(done.stderr).toBe('')
  const { dir } = JSON.parse(done.stdout) as { readonly dir: string }
  run = JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8'))
})

const wanted = () => ({
  file: join(project, 'sma-cross.ts'),
  strategy: 'sma-cross',
  params: run.params,
  series: ['binance-usdm:BTCUSDT:1h'],
  leverage: {},
  margin: 'cross',
  risk: {},
})
const required = (other = {}) => requirePromotion({ ...wanted(), ...other }, out, () => undefined)

/** A session of so many days that differs from its backtest by so much. */
function session(name: string, days: number, unexplained: number, other: Partial<ParityDocument> = {}): void {
  const { strategy, params, reproduce } = run
  const facts = {
    ...{ session: name, strategy, params, code: reproduce.code, days, unexplained, unaccounted: [] },
    causes: [],
    ...{ series: ['binance-usdm:BTCUSDT:1h'], broker: 'local', mode: 'live', from: 0, to: days * DAY, ...other },
  }
  mkdirSync(join(out, 'paper', name), { recursive: true })
  writeFileSync(join(out, 'paper', name, 'parity.json'), JSON.stringify(facts))
}

test('what is not there does not pass: the gate stays shut, says why, and is kept', async () => {
  expect(() => required()).toThrow('sma-cross has not been promoted')
  const { code, said } = await promoted()
  expect(code).toBe(1)
  expect(said().promoted).toBe(false)
  expect(missing(said())).toEqual(
    expect.arrayContaining(['out-of-sample', 'cost-stress', 'walk-forward', 'paper-days', 'paper-parity']),
  )
  const of = (name: string) => said().checklist.find((item) => item.name === name)!
  expect(of('reproducible')).toMatchObject({ passed: true, figure: 0 })
  expect(of('leak-free')).toMatchObject({ passed: true, figure: 0 })
  expect(of('enough-trades')).toMatchObject({ figure: run.metrics['trades'], threshold: 30 })
  expect(of('cost-stress').commands[0]).toMatch(/^klinelab backtest sma-cross.ts .* --set slow=96 --stress$/)
  for (const { figure, commands } of said().checklist) if (figure !== null) expect(commands).toEqual([])
  expect(() => required()).toThrow('it did not pass (')
})

test('what it says to do can be copied as it stands, and does it', async () => {
  const { stdout } = await here(['promote', 'sma-cross'])
  const lines = stdout.split('\n').filter((line) => line.startsWith('    klinelab '))
  expect(lines).not.toEqual([])
  expect(lines.filter((line) => line.includes('…'))).toEqual([])
  const replayed = ['--replay', '--from', '2024-07-05', '--to', '2024-07-07']
  const paper = lines
    .find((line) => line.startsWith('    klinelab paper '))!
    .trim()
    .split(' ')
    .slice(1)
  // the folder that a command is given in is that of the process
  const place = (word: string) => (word === 'sma-cross.ts' ? join(project, word) : word)
  const played = await here([...paper.map(place), ...replayed])
  expect({ code: played.code, stderr: played.stderr }).toEqual({ code: 0, stderr: '' })
  const parityOf = (promotion: Promotion) => promotion.checklist.find(({ name }) => name === 'paper-parity')!
  expect(parityOf((await promoted()).said())).toMatchObject({ figure: null, commands: [`klinelab parity ${run.run}`] })
  const compared = await here(
    parityOf((await promoted()).said())
      .commands[0]!.split(' ')
      .slice(1),
  )
  expect(compared.code).toBe(0)
  expect(parityOf((await promoted()).said())).toMatchObject({ figure: 0, passed: true, commands: [] })
  rmSync(join(out, 'paper', run.run), { recursive: true })
})

test('without the ledger, or with one that is damaged, nobody knows of how many trials it is the best', async () => {
  const lost = await promoted('--ledger', join(project, 'another.jsonl'))
  const of = (promotion: Promotion) => promotion.checklist.find(({ name }) => name === 'deflated-sharpe')!
  expect(of(lost.said())).toMatchObject({ figure: null, passed: false, commands: [run.reproduce.command] })
  expect(of((await promoted()).said()).figure).not.toBeNull()
  cpSync(join(out, 'ledger.jsonl'), join(project, 'torn.jsonl'))
  appendFileSync(join(project, 'torn.jsonl'), '{"torn')
  const torn = of((await promoted('--ledger', join(project, 'torn.jsonl'))).said())
  expect(torn).toMatchObject({ figure: null, passed: false, commands: [] })
  expect(torn.words).toContain('damaged lines (1)')
})

test('days on live bars of this code, these parameters and series add up once, and what they cannot explain does', async () => {
  session('one', 4, 0)
  session('two', 3.5, -0.25, { from: 3 * DAY, to: 6.5 * DAY })
  session('replayed', 99, 0, { mode: 'replay' })
  session('simulated', 99, 0, { broker: 'exchange http://127.0.0.1:8787' })
  session('other-code', 99, 0, { code: 'another' })
  session('other-params', 99, 0, { params: { ...run.params, fast: 25 } })
  session('other-series', 99, 0, { series: ['binance:ETHUSDT:1h'] })
  session('shared', 0, 0, { causes: [{ cause: 'foreign', count: 1, money: 3 }] })
  const { said } = await promoted()
  const paper = said().checklist.filter(({ name }) => name.startsWith('paper'))
  // four days, and of the second 2.5 that the first had not
  expect(paper).toMatchObject([
    { name: 'paper-days', figure: 6.5, passed: false },
    { name: 'paper-parity', figure: 2, passed: false },
  ])
  expect(paper[1]!.words).toContain('somebody else on the account: shared, two')
})

test('reasons open it, and a changed byte, parameter or series voids the promotion', async () => {
  const shut = missing((await promoted()).said())
  const reasons = shut.flatMap((name) => ['--override', `${name}=known from elsewhere`])
  const { code, said } = await promoted(...reasons)
  expect(code).toBe(0)
  expect(
    said()
      .checklist.filter(({ override }) => override !== null)
      .map(({ name }) => name),
  ).toEqual(shut)
  mkdirSync(join(out, 'other'))
  cpSync(join(out, run.run, 'run.json'), join(out, 'other', 'run.json'))
  writeFileSync(join(out, 'other', 'promotion.json'), '{')
  expect(required()).toMatchObject({ run: run.run, promoted: true, tradeHash: run.tradeHash })
  rmSync(join(out, 'other'), { recursive: true })
  expect(() => required({ params: { ...run.params, slow: 97 } })).toThrow('slow is 97, and was 96')
  expect(() => required({ series: ['binance:ETHUSDT:1h'] })).toThrow('binance:ETHUSDT:1h is none of its series')
  expect(() => required({ leverage: { BTCUSDT: 2 } })).toThrow('BTCUSDT is to have leverage 2, and had 1')
  expect(() => requireModels(required(), [{ name: 'm', series: 's', artifact: 'a' }])).toThrow('trained anew since')
  const demo = () =>
    here(['paper', join(project, 'sma-cross.ts'), '--data', 'binance-usdm:BTCUSDT:1h', '--broker', 'demo', ...PARAMS])
  // past the gate it wants keys
  expect((await demo()).stderr).toContain('KLINELAB_DEMO_KEY')
  appendFileSync(join(project, 'sma-cross.ts'), ' ')
  const refused = await demo()
  expect(refused).toMatchObject({ code: 2 })
  expect(refused.stderr).toContain('the strategy, a file it imports, or the lockfile has been changed since')
  expect(() => required()).toThrow('the strategy, a file it imports, or the lockfile has been changed since')
  // a run that cannot be made again as it was is no ground for anything
  const { said: after } = await promoted()
  expect(after().checklist[0]).toMatchObject({ name: 'reproducible', passed: false })
})

test('a check that does not exist, and a reason that is none, are refused before anything is run', async () => {
  const wrong = await promoted('--override', 'paper-day=why')
  expect(wrong).toMatchObject({ code: 2 })
  expect(wrong.stderr).toContain('did you mean "paper-days"?')
  expect((await promoted('--override', 'paper-days')).stderr).toContain('names no reason')
  const { notes } = (await COMMANDS['promote']!.load()).default
  for (const name of ['reproducible', 'deflated-sharpe', 'paper-parity']) expect(notes!.join()).toContain(name)
  const short = await promoted('--override', 'paper-days=why')
  expect(short).toMatchObject({ code: 2 })
  expect(short.stderr).toContain('"why" says nothing to whoever reads it later')
  // a looser mark is an exception, and those have a reason
  expect((await promoted('--min-trades', '3')).stderr).toContain('30')
  expect((await promoted('--min-trades', '3')).code).toBe(2)
})
