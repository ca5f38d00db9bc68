import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RunDocument } from '../../src/core/run.ts'
import { hourlyCsv, scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'

/** Thirty hours at 100, then down by one an hour. */
const prices = Array.from({ length: 48 }, (_, k) => (k < 30 ? 100 : 129 - k))
const STRATEGY = `import { buy, defineStrategy } from 'klinelab'
export default defineStrategy({
  name: 'buyer',
  onBar: ({ position }) => (position.qty === 0 ? buy({ fraction: 0.9 }) : undefined),
})
`

async function project(config = '') {
  const dir = scratch({
    'buyer.ts': STRATEGY,
    'careful.ts': STRATEGY.replace("name: 'buyer',", "name: 'careful', risk: { maxPosition: 4000 },"),
    'bars.csv': hourlyCsv(prices.map((p) => [p, p, p - 1, p - 1] as const)),
    ...(config !== '' && { 'klinelab.config.ts': `export default { risk: ${config} }` }),
  })
  const run = (...args: string[]) => klinelabHere(args, { cwd: dir })
  expect((await run('data', 'import', 'bars.csv', '--as', 'binance:TESTUSDT:1h')).code).toBe(0)
  const backtest = (strategy: string, ...flags: string[]) =>
    run('backtest', strategy, '--data', 'binance:TESTUSDT:1h', ...flags)
  const document = async (strategy: string, ...flags: string[]) => {
    const done = await backtest(strategy, ...flags, '--json')
    expect(done.code, done.stderr).toBe(0)
    const { dir: at } = done.json<{ dir: string }>()
    return { at, ...(JSON.parse(readFileSync(join(at, 'run.json'), 'utf8')) as RunDocument) }
  }
  return { run, backtest, document }
}

describe('risk limits of a run', () => {
  test('a flag, the config and the strategy: the stricter holds, refusals are counted by rule', async () => {
    const { document } = await project('{ maxPosition: 6000, maxDrawdown: 0.5 }')
    expect((await document('buyer.ts')).orders.byFilter).toEqual({ RISK_MAX_POSITION: 48 })
    const flagged = await document('buyer.ts', '--risk', 'maxPosition=9500')
    expect(flagged.orders.byFilter).toEqual({})
    // the config's other rule still holds, and both are recorded in one order
    expect(flagged.reproduce.request!.risk).toEqual({ maxPosition: 9500, maxDrawdown: 0.5 })
    const careful = await document('careful.ts', '--risk', 'maxPosition=9500')
    expect(careful.orders.byFilter).toEqual({ RISK_MAX_POSITION: 48 })
    expect(careful.remarks).toContain(
      'Limits of risk: maxPosition 4000 (the strategy); maxPosition 9500, maxDrawdown 0.5 (the account).',
    )
  })

  test('is another run than that without, is repeated by the command it prints, and verified', async () => {
    const { document, run } = await project()
    const plain = await document('buyer.ts')
    const halted = await document('buyer.ts', '--risk', 'maxDrawdown=0.05')
    expect(halted.run).not.toBe(plain.run)
    expect(halted.remarks.join()).toContain('trading was halted at')
    expect(halted.orders.byFilter['RISK_DRAWDOWN']).toBeGreaterThan(0)
    expect(halted.reproduce.command).toContain('--risk maxDrawdown=0.05')
    const again = await run(...halted.reproduce.command.split(' ').slice(1), '--json')
    expect(again.json<{ run: string }>().run).toBe(halted.run)
    expect((await run('verify', halted.run)).code).toBe(0)
    const page = readFileSync(join(halted.at, 'report.html'), 'utf8')
    expect(page).toContain('trading was halted at')
    expect(page).toMatch(
      /class="sentence">.*<strong>Limits of risk halted trading<\/strong> on [^<]+, and nothing was opened in the [^<]+ since\./,
    )
  })

  test.each([
    [['--risk', 'maxDrawdwon=0.2'], '--risk: unknown rule "maxDrawdwon" (did you mean "maxDrawdown"?)'],
    [['--risk', 'maxDrawdown'], '--risk: "maxDrawdown" is not allowed; write rule=limit, e.g. --risk maxDrawdown=0.2'],
    [['--risk', 'maxDrawdown=20'], 'risk.maxDrawdown is 20: write a fraction between 0 and 1'],
    [['--risk', 'maxPosition=a'], '--risk: maxPosition "a" is not allowed; write a number'],
    [['--risk', 'symbols=BTCUSD'], 'none of them is in the data (did you mean "BTCUSDT"?); this run has BTCUSDT'],
    [['--hedge-mode'], '--hedge-mode: hedge mode is not modelled: a symbol has one net position (one-way mode)'],
    [['--leverage', '3'], '--leverage is of perpetuals, and binance:BTCUSDT:1h is spot: leave it out'],
    [['--margin', 'isolated'], '--margin is of perpetuals'],
    [['--funding', 'off'], '--funding is of perpetuals'],
    [['--latency', '1d'], '"1d" is not allowed; write a time in ms, s, m or h'],
    [['--risk', 'maxGross=5', '--risk', 'maxGross=6'], '--risk maxGross is given twice'],
    [['--risk', 'maxGross=5', '--risk', 'maxPosition=6'], 'risk.maxPosition 6 is above risk.maxGross 5'],
  ])('%j is refused', async (flags, message) => {
    const { code, stderr } = await klinelabHere([
      'backtest',
      'strategies/sma-cross.ts',
      '--data',
      'binance:BTCUSDT:1h',
      ...flags,
    ])
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  })

  test('hedge mode in the config', async () => {
    const cwd = scratch({ 'klinelab.config.ts': "export default { positionMode: 'hedge' }" })
    const { code, stderr } = await klinelabHere(['data', 'list'], { cwd })
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/klinelab\.config\.ts: positionMode: hedge mode is not modelled/),
    ])
  })

  test('a limit of the config that is not allowed names the file', async () => {
    const cwd = scratch({ 'klinelab.config.ts': 'export default { risk: { maxOrder: 3 } }' })
    const { code, stderr } = await klinelabHere(['data', 'list'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toMatch(/klinelab\.config\.ts: unknown risk rule "maxOrder"/)
  })
})
