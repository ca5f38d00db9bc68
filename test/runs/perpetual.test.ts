import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RunEvent } from '../../src/core/event.ts'
import type { RunDocument } from '../../src/core/run.ts'
import { hourlyCsv, scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'

const START = Date.UTC(2024, 0, 1)
const HOUR = 3_600_000
/** Thirty hours at 100, then a fall. */
const prices = Array.from({ length: 48 }, (_, k) => (k < 30 ? 100 : 100 - (k - 29)))
const bars = (by: number) => hourlyCsv(prices.map((p) => [p + by, p + by, p - 1 + by, p - 1 + by] as const))
const STRATEGY = `import { buy, defineStrategy, num } from 'klinelab'
export default defineStrategy({
  name: 'hold',
  params: { qty: num(1) },
  state: () => ({ bought: false }),
  onBar({ state, params }) {
    if (state.bought) return
    state.bought = true
    return buy({ qty: params.qty })
  },
})
`
const bracket = { bracket: 1, notionalFloor: 0, notionalCap: 1e6, maintMarginRatio: 0.01, initialLeverage: 20, cum: 0 }

async function project(more: Readonly<Record<string, string>> = {}) {
  const dir = scratch({
    'hold.ts': STRATEGY,
    'bars.csv': bars(0),
    'mark.csv': bars(0.5),
    'funding.csv': `fundingTime,fundingRate\n${[8, 16, 24, 32, 40].map((h) => `${START + h * HOUR + 3},0.0001`).join('\n')}\n`,
    'tiers.json': JSON.stringify([{ symbol: 'TESTUSDT', brackets: [bracket] }]),
    ...more,
  })
  const run = (...args: string[]) => klinelabHere(args, { cwd: dir })
  const done = async (...args: string[]) => {
    const finished = await run(...args)
    expect(finished.code, finished.stderr).toBe(0)
    return finished
  }
  await done('data', 'import', 'bars.csv', '--as', 'binance-usdm:TESTUSDT:1h')
  const backtest = (...flags: string[]) =>
    run('backtest', 'hold.ts', '--data', 'binance-usdm:TESTUSDT:1h', '--no-costs', ...flags)
  const folder = async (...flags: string[]) => {
    const finished = await backtest(...flags, '--json')
    expect(finished.code, finished.stderr).toBe(0)
    const { dir: at } = finished.json<{ dir: string }>()
    const lines = readFileSync(join(at, 'events.jsonl'), 'utf8').trim().split('\n')
    return {
      document: JSON.parse(readFileSync(join(at, 'run.json'), 'utf8')) as RunDocument,
      events: lines.map((line) => JSON.parse(line) as RunEvent),
    }
  }
  return { dir, run, done, backtest, folder }
}

describe('a backtest of a perpetual', () => {
  test('needs leverage tiers and funding, and says how to bring them', async () => {
    const { done, backtest } = await project()
    expect(await backtest()).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no leverage tiers are stored.*data tiers/),
    })
    await done('data', 'tiers', 'tiers.json', '--as-of', '2024-01-01')
    expect(await backtest()).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no funding of the range.*--funding off/),
    })
    expect((await backtest('--funding', 'off')).stdout).toMatch(/funding was switched off/)
    await done('data', 'funding', 'funding.csv', '--as', 'binance-usdm:TESTUSDT')
    expect((await backtest()).code).toBe(0)
    expect(await backtest('--leverage', '21')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/leverage 21 of TESTUSDT.*1 to 20/),
    })
  })

  test('of which funding is stored in part only says so, and how to bring the rest', async () => {
    const part = `fundingTime,fundingRate\n${[8, 16].map((h) => `${START + h * HOUR + 3},0.0001`).join('\n')}\n`
    const { done, backtest } = await project({ 'funding.csv': part })
    await done('data', 'tiers', 'tiers.json', '--as-of', '2024-01-01')
    await done('data', 'funding', 'funding.csv', '--as', 'binance-usdm:TESTUSDT')
    expect((await backtest()).stdout).toMatch(
      /funding is stored from 2024-01-01T08:00\S* to 2024-01-01T16:00\S* only; .* nothing was charged there; bring them with klinelab data get binance-usdm:TESTUSDT:1h --from 2024-01-01, or with klinelab data funding FILE --as binance-usdm:TESTUSDT/,
    )
  })

  test('is marked and charged by the stored marks, and liquidated where its margin ends', async () => {
    const { done, folder, run } = await project()
    await done('data', 'tiers', 'tiers.json', '--as-of', '2024-01-01')
    await done('data', 'funding', 'funding.csv', '--as', 'binance-usdm:TESTUSDT')
    const plain = await folder('--set', 'qty=50')
    expect(plain.document.remarks.join()).toMatch(/judged by the last price/)
    await done('data', 'import', 'mark.csv', '--as', 'binance-usdm:TESTUSDT@mark:1h')
    const { document, events } = await folder('--set', 'qty=50')
    expect(document.run).not.toBe(plain.document.run)
    expect(document.remarks.join()).toMatch(/marked and liquidated by binance-usdm:TESTUSDT@mark:1h/)
    // five rates of 50 × (100.5, three times; then 97.5 and 89.5) × 0.0001
    const paid = 50 * (3 * 100.5 + 97.5 + 89.5) * 0.0001
    expect(document.costs.funding).toBeCloseTo(paid, 8)
    expect(events.filter((event) => event.type === 'funding')).toHaveLength(5)
    // 900 at 100 with 10 000 behind it at leverage 10 is gone at (10 000 − 90 000 − funding) ÷ (900 × −0.99)
    const gone = await folder('--set', 'qty=900', '--leverage', '10')
    const [event] = gone.events.filter((one) => one.type === 'liquidation')
    expect(event).toMatchObject({ side: 'long', qty: 900, mode: 'cross' })
    expect(gone.document.metrics['endEquity']).toBe(0)
    const shown = (await run('runs', 'show', gone.document.run)).stdout
    expect(shown).toMatch(/Costs +fees [\d.,]+, slippage 0\.00, funding [\d.,]+ USDT/)
    expect(shown).toMatch(/Liquidations +1, fees [\d.,]+ USDT/)
    // isolated, 9000 stand behind it: it is gone earlier, and the rest is kept
    const kept = await folder('--set', 'qty=900', '--leverage', '10', '--margin', 'isolated')
    expect(kept.document.metrics['endEquity']).toBeGreaterThan(900)
    expect(kept.document.reproduce.command).toMatch(/--margin isolated --leverage 10$/)
  })

  test('whose leverage the config gives to a misspelt symbol', async () => {
    const config = 'export default { leverage: { BTCUSDT: 2, TESTUSD: 5 } }'
    const { done, backtest } = await project({ 'klinelab.config.ts': config })
    await done('data', 'tiers', 'tiers.json', '--as-of', '2024-01-01')
    expect(await backtest('--funding', 'off')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /config\.ts: leverage\.TESTUSD is of no symbol of this run \(did you mean "TESTUSDT"\?\)/,
      ),
    })
    expect((await backtest('--show-config')).stdout).toMatch(/leverage +\{"BTCUSDT":2,"TESTUSD":5\}/)
  })

  test('beside whose own bars the store has no tiers and no funding: those that are brought are named', async () => {
    const { done, run } = await project()
    await done('data', 'import', 'bars.csv', '--as', 'binance-usdm:BTCUSDT:1h')
    const own = await run('backtest', 'hold.ts', '--data', 'binance-usdm:BTCUSDT:1h', '--funding', 'off', '--json')
    expect(own.json<{ remarks: string[] }>().remarks).toContain(
      'BTCUSDT: the store has no leverage tiers of its own; those that klinelab brings were used',
    )
  })

  test('cannot be of a mark series, and its marks must overlap', async () => {
    const { done, run, backtest } = await project({
      'late.csv': bars(0).replaceAll(/^\d+/gm, (time) => String(Number(time) + 100 * 24 * HOUR)),
    })
    await done('data', 'tiers', 'tiers.json', '--as-of', '2024-01-01')
    await done('data', 'import', 'late.csv', '--as', 'binance-usdm:TESTUSDT@mark:1h')
    expect(await backtest('--funding', 'off')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/@mark:1h does not overlap/),
    })
    expect(await run('backtest', 'hold.ts', '--data', 'binance-usdm:TESTUSDT@mark:1h')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/mark prices, which nobody can trade at; name binance-usdm:TESTUSDT:1h/),
    })
  })

  test('is verified from its record', async () => {
    const { done, folder, run } = await project()
    await done('data', 'tiers', 'tiers.json', '--as-of', '2024-01-01')
    await done('data', 'funding', 'funding.csv', '--as', 'binance-usdm:TESTUSDT')
    const { document } = await folder('--leverage', '5')
    expect(document.reproduce.request).toMatchObject({ leverage: { TESTUSDT: 5 }, margin: 'cross', funding: 'on' })
    expect(await run('verify', document.run)).toMatchObject({ code: 0 })
  })

  test('what it is made from has changed since: verify says which', async () => {
    const { dir, done, folder, run } = await project()
    await done('data', 'tiers', 'tiers.json', '--as-of', '2024-01-01')
    await done('data', 'funding', 'funding.csv', '--as', 'binance-usdm:TESTUSDT')
    const { document } = await folder('--leverage', '5')
    const problems = async () => (await run('verify', document.run, '--json')).json<{ problems: string[] }>().problems
    const put = (name: string, text: string) => writeFileSync(join(dir, name), text)
    put('tiers.json', JSON.stringify([{ symbol: 'TESTUSDT', brackets: [{ ...bracket, maintMarginRatio: 0.02 }] }]))
    await done('data', 'tiers', 'tiers.json', '--as-of', '2023-06-01')
    expect(await problems()).toEqual([])
    await done('data', 'tiers', 'tiers.json', '--as-of', '2024-01-01')
    expect(await problems()).toEqual(['leverage tiers: not those of the run'])
    await done('data', 'import', 'mark.csv', '--as', 'binance-usdm:TESTUSDT@mark:1h')
    expect(await problems()).toEqual([
      'leverage tiers: not those of the run',
      'mark prices: not those of the run',
      'funding rates, or the marks that they were charged on: not those of the run',
    ])
  })
})
