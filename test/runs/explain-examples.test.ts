import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runBacktest } from '../../src/index.ts'
import { explain } from '../../src/runs/explain.ts'
import type { Step } from '../../src/runs/explain-steps.ts'
import { explanationParts } from '../../src/runs/explain-words.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'

describe('whatever an example strategy trades', () => {
  const ONE = ['binance:BTCUSDT:1h']
  const BOTH = ['binance:BTCUSDT:1h', 'binance:ETHUSDT:1h']
  const units = (amount: number) => BigInt(Math.round(amount * 1e8))

  test.each([
    ['sma-cross', ONE],
    ['donchian-breakout', BOTH],
    ['rsi-reversion', ONE],
    ['momentum-rotation', BOTH],
  ])('%s: the replay is the run, and the account moves by what the fill says', async (name, data) => {
    const [strategy, out] = [join(ROOT, 'strategies', `${name}.ts`), scratch()]
    const run = await runBacktest({
      strategy,
      data,
      out,
      store: join(ROOT, 'datasets'),
      from: '2024-01-01',
      to: '2025-01-01',
    })
    const numbers = [1, Math.ceil(run.trades.length / 2), run.trades.length]
    expect(numbers[0]).toBeLessThan(numbers[2]!)
    for (const trade of numbers) {
      const { explanation, chart } = await explain(run.dir, { trade }, join(ROOT, 'datasets'), ROOT)
      expect(explanation.mismatches).toEqual([])
      expect(explanation.trade).toEqual(run.trades[trade - 1])
      const [entry, exit] = explanation.steps as [Step, Step]
      expect([entry.filled!.fill, exit.filled!.fill]).toEqual([explanation.fills[0], explanation.fills.at(-1)])
      expect(entry.filled!.fill.time).toBe(explanation.trade!.entryTime)
      // decided at a close that the fill's bar came after, by a return that was not empty
      expect(entry.decided!.sight!.bar.closeTime).toBe(entry.decidedAt)
      expect(entry.decided!.answers.length).toBeGreaterThan(0)
      expect(entry.decidedAt).toBeLessThanOrEqual(entry.filled!.fill.time)
      // spot: cash goes down by what was bought and its fee, to the ledger's unit; other instruments may trade on that bar too
      const { fill, before, account } = entry.filled!
      const others = run.fills.filter(({ n, time }) => n !== fill.n && time === fill.time)
      if (others.length === 0)
        expect(units(before!.account['cash']!) - units(account!['cash']!)).toBe(
          units(fill.qty * fill.price) + units(fill.fee),
        )
      expect(chart!.trades).toEqual([explanation.trade])
      expect(
        explanationParts(explanation)
          .flatMap(({ facts = [] }) => facts.map(([, text]) => text))
          .join(),
      ).not.toMatch(/NaN|undefined|\[object/)
    }
  })
})
