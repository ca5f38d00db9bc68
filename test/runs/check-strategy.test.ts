import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { buy, close } from '../../src/core/order.ts'
import { otherFuture } from '../../src/core/other-future.ts'
import { defineStrategy } from '../../src/engine/index.ts'
import { backtest } from '../../src/runs/backtest.ts'
import { Findings, type World } from '../../src/runs/check-findings.ts'
import { compareStrategy, decisionTimes, wholeStrategy } from '../../src/runs/check-strategy.ts'
import { findConfig } from '../../src/runs/config.ts'
import { settle } from '../../src/runs/settings.ts'

const ROOT = resolve(import.meta.dirname, '..', '..')
const settings = settle({ store: resolve(ROOT, 'datasets') }, await findConfig(ROOT), {}, ROOT)
const range = { from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 0, 20) }
const CUT = Date.UTC(2024, 0, 10)

const strategy = defineStrategy({
  name: 'turns',
  onBar: ({ bar, position }) => {
    if (position.qty === 0 && bar.close > bar.open) return buy({ fraction: 0.5 })
    if (position.qty > 0 && bar.close < bar.open) return close()
  },
})
const { options } = await backtest({ strategy, data: ['binance:BTCUSDT:1h'], ...range }, settings)
const whole = wholeStrategy(options)
const loaded = { file: '', strategy, models: [], reads: [] }

/** Says that nothing is another before CUT, and begins to poison earlier. */
const lying = (hours: number): World => ({
  ...{ way: 'poisoned', cut: CUT },
  lens: (bars) => otherFuture(bars, 'poisoned', CUT - hours * 3_600_000, 1),
})

test('decisions are made anew by the engine, on the bars of the world', async () => {
  expect(decisionTimes(whole).length).toBeGreaterThan(50)
  const [honest, past] = [new Findings(), new Findings()]
  await compareStrategy(whole, loaded, lying(0), honest)
  expect(honest.leaks).toEqual([])
  await compareStrategy(whole, loaded, lying(48), past)
  expect(past.leaks).toMatchObject([{ part: 'decisions', of: 'turns', cut: CUT }])
  expect(past.leaks[0]!.at).toBeGreaterThan(CUT - 48 * 3_600_000)
})

test('what came of the same decisions is held against the whole run, too', async () => {
  const once = defineStrategy({
    ...{ name: 'once', state: () => ({ is: false }) },
    onBar: ({ state }) => {
      if (state.is) return
      state.is = true
      return buy({ fraction: 0.5, stopLoss: { percent: 0.02 } })
    },
  })
  const run = wholeStrategy({ ...options, strategy: once })
  const findings = new Findings()
  await compareStrategy(run, { ...loaded, strategy: once }, lying(9 * 24 - 1), findings)
  const [leak] = findings.leaks
  expect(leak!.text).toContain('"type":"fill"')
})

test('a strategy that fails in another world only has missed something', async () => {
  const failing = defineStrategy({
    name: 'turns',
    onBar: () => {
      throw new Error('no such price')
    },
  })
  const findings = new Findings()
  await compareStrategy(whole, { ...loaded, strategy: failing }, lying(0), findings)
  expect(findings.leaks[0]!.other).toContain('no such price')
})
