import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ParityDocument } from '../../src/core/parity.ts'
import { timeName } from '../../src/core/time.ts'
import { foreignNote } from '../../src/runs/paper/foreign-trade.ts'
import { filled, hour, madeSession, SYMBOL } from '../runs/paper/made-session.ts'
import { klinelab, scratch } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'

const FILES = ['fills.csv', 'trades.csv', 'events.jsonl', 'equity.parquet']
const BTC = ['--data', 'binance:BTCUSDT:1h']

const bytesIn = (dir: string) => FILES.map((name) => readFileSync(join(dir, name)))

type Said = ParityDocument & { readonly dir: string }

/** A replay of stored bars on paper, its backtest, and what lies between them. */
async function expectNone(strategy: string, args: readonly string[], least: number): Promise<void> {
  const out = scratch()
  const done = async (by: typeof klinelab | typeof klinelabHere, ...words: string[]) => {
    const finished = await by([...words, '--out', out, '--json'])
    // of filters that are old a session says what a backtest says
    const said = finished.stderr.split('\n').filter((line) => line !== '' && !/^warn: .*filters/i.test(line))
    expect([finished.code, said]).toEqual([0, []])
    return finished
  }
  const paper = await done(klinelab, 'paper', strategy, ...args, '--replay')
  const { dir } = paper.json<{ dir: string }>()
  const [name] = readdirSync(join(out, 'paper')).filter((one) => !one.startsWith('.'))
  const said = (await done(klinelab, 'parity', name!)).json<Said>()
  expect(said).toMatchObject({ dir, same: true, differences: [], unexplained: 0, unaccounted: [], remarks: [] })
  expect(said.fills.paper).toBeGreaterThanOrEqual(least)
  expect(said.netProfit.paper).toBe(said.netProfit.backtest)
  const range = ['--from', timeName(said.from), '--to', timeName(said.to)]
  const given = args.filter(
    (word, k) => !['--from', '--to'].includes(word) && !['--from', '--to'].includes(args[k - 1]!),
  )
  const backtest = await done(klinelabHere, 'backtest', strategy, ...given, ...range)
  const folder = backtest.json<{ dir: string }>().dir
  expect(bytesIn(dir)).toEqual(bytesIn(folder))
  const { metrics } = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'))
  expect(said.netProfit.backtest).toBeCloseTo(metrics.netProfit, 7)
}

describe('a session fed by a replay differs in nothing from its backtest', () => {
  const shipped = (name: string) => join('strategies', `${name}.ts`)
  const range = (from: string, to: string) => ['--from', from, '--to', to]

  test.each<[string, string[], number]>([
    ['sma-cross', [...BTC, ...range('2024-01-01', '2024-03-01')], 5],
    ['perp-trend', ['--data', 'binance-usdm:BTCUSDT:1h', ...range('2024-08-01', '2024-10-01')], 5],
  ])('%s, in processes of their own', async (name, args, least) => {
    await expectNone(shipped(name), args, least)
  })
})

describe('what is said', () => {
  const once = async (made: Parameters<typeof madeSession>[0]) => {
    const { dir, store } = await madeSession(made)
    const run = (...args: string[]) => klinelabHere(['parity', dir, '--store', store, ...args])
    return { dir, run }
  }

  test('a table of causes, every difference, and where the page is; the gate’s file beside it', async () => {
    const { dir, run } = await once({
      after: { 3: [filled('in', 3, 101.02, 0.10102)], 7: [filled('out', 7, 110, 0.11)] },
    })
    const { code, stdout } = await run()
    expect(code).toBe(0)
    expect(stdout).toContain('All is accounted for: over 10 bars, 0.4 days of trading the session came to −0.04 USDT')
    expect(stdout).toMatch(/^price: Prices of fills +1 +-0\.04$/m)
    expect(stdout).toMatch(/^unexplained +0\.00$/m)
    expect(stdout).toContain('order in (buy) filled at another price  buy 2 at 101.02  buy 2 at 101')
    const document = JSON.parse(readFileSync(join(dir, 'parity.json'), 'utf8'))
    const said = (await run('--json')).json<Said>()
    expect({ ...document, dir }).toEqual(said)
    expect(readFileSync(join(dir, 'parity.html'), 'utf8')).toContain('order in (buy) filled at another price')
  })

  test('exit code 1 where nobody knows why: a strategy that remembers runs outside of its own', async () => {
    const strategy = (run: number) => `import { buy, defineStrategy } from 'klinelab'
let runs = 0
export default defineStrategy({
  name: 'once',
  onBar({ bar, position }) {
    if (new Date(bar.openTime).getUTCHours() === 0) runs++
    if (new Date(bar.openTime).getUTCHours() === 2 && runs === ${run}) return buy({ qty: 2, id: 'in' })
  },
})
`
    const local = await (await once({ fills: 'bars', strategy: strategy(1) })).run('--json')
    expect(local.code).toBe(1)
    // bought 2 at 101, worth 110 in the end, with the fee of the entry
    expect(local.json<Said>()).toMatchObject({ same: false, unexplained: 17.899, differences: [] })
    expect(local.json<Said>().unaccounted[0]).toContain('fills')

    // bought neither on paper nor in the backtest, but by the same engine told bar by bar
    const between = await (await once({ fills: 'bars', strategy: strategy(3) })).run('--json')
    expect(between.code).toBe(1)
    expect(between.json<Said>()).toMatchObject({ unexplained: 0, netProfit: { paper: 0, backtest: 0 } })
    expect(between.json<Said>().unaccounted.join()).toContain('told one by one, come to other fills')

    const told = await once({ strategy: strategy(1), after: { 3: [filled('in', 3, 101, 0.101)] } })
    const { code, stdout } = await told.run()
    expect(code).toBe(1)
    expect(stdout).toContain('Not all is accounted for')
    expect(stdout).toContain('UNEXPLAINED: order in (buy) was not sent in the backtest')
    expect(stdout).toMatch(/^unexplained +1 +17\.90$/m)
  })

  test('exit code 1 where somebody else traded on the account, though each of its trades has a cause', async () => {
    const of = { symbol: SYMBOL, tradeId: '7', orderId: '70', clientId: 'web_1', system: null }
    const theirs = { ...of, side: 'buy', qty: '1', price: '104', fee: '0', at: hour(4) + 5 } as const
    const after = { 3: [filled('in', 3, 101, 0.101)], 4: [foreignNote('trade 7', theirs)] }
    const { run } = await once({ after: { ...after, 7: [filled('out', 7, 110, 0.11)] } })
    const { code, stdout } = await run()
    expect(code).toBe(1)
    expect(stdout).toContain('of which +6.00 USDT is somebody else’s doing on its account.')
    expect(stdout).toMatch(/^foreign: Trades and positions of somebody else on the account +1 +6\.00$/m)
  })

  test('what cannot be: no such session, no bar yet, other code, another’s journal', async () => {
    const nowhere = await klinelabHere(['parity', 'sma', '--out', scratch()])
    expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining('there is no session "sma"')])
    const aside = await klinelabHere(['parity', '../sma', '--out', scratch()])
    expect([aside.code, aside.stderr]).toEqual([2, '../sma: is no folder of a paper session\n'])
    const empty = await once({ prices: [] })
    expect((await empty.run()).stderr).toContain('the session has had no bar yet')
    const { dir, run } = await once({ fills: 'bars' })
    const { strategy } = JSON.parse(readFileSync(join(dir, 'session.json'), 'utf8'))
    appendFileSync(strategy.file, '// one byte more\n')
    const other = await run()
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('has changed since the session began')])
    appendFileSync(join(dir, 'session.json'), '\n')
    expect((await run()).stderr).toContain('is not the journal of the session that session.json describes')
  })
})
