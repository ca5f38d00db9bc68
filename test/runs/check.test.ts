import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { backtest } from '../../src/runs/backtest.ts'
import { type Check, checkModule } from '../../src/runs/check.ts'
import { findConfig } from '../../src/runs/config.ts'
import { settle } from '../../src/runs/settings.ts'
import { UsageError } from '../../src/runs/usage-error.ts'

const ROOT = resolve(import.meta.dirname, '..', '..')
const BTC = 'binance:BTCUSDT:1h'
const settings = settle({ store: resolve(ROOT, 'datasets') }, await findConfig(ROOT), {}, ROOT)

/** A quarter of a year of the embedded hours. */
const range = { from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 3, 1) }

const checked = (module: string, given: Partial<Parameters<typeof checkModule>[0]> = {}): Promise<Check> =>
  checkModule({ module, from: ROOT, data: [], range, set: {}, samples: 6, seed: 1, ...given }, settings)

const wrong = (check: Check) => check.leaks.map(({ part, name }) => `${part}: ${name}`)
const verdicts = (check: Check) => Object.fromEntries(check.parts.map(({ part, verdict }) => [part, verdict]))

/** Module in test/leaks → what is to be named, and nothing else. */
const MODELS = [
  ['centred-window', 'features: smooth', 'feature "smooth"'],
  ['next-return', 'features: next', 'feature "next"'],
  ['unclosed-bar', 'features: h4', 'feature "h4"'],
  ['past-label', 'labels: of the past', 'tells what has been'],
  ['early-end', 'labels: label', 'hangs on bars that come later'],
  ['test-in-training', 'split: test rows', 'which it foretells'],
  ['picks-winners', 'split: training rows', 'it does not learn from it'],
  ['ignored-embargo', 'split: embargo', 'nearer to the test than its embargo of 2d'],
  ['scaler-on-everything', 'scaling: min-max-of-all', 'of "r1"'],
  ['target-encoding', 'scaling: target-encoding', 'fitted on more than the training part'],
  ['balanced-before-split', 'rebalancing: training set', 'rebalanced before it is split'],
  ['learns-from-test', 'model: counting', 'learns from more than the training part'],
  ['says-the-next', 'predictions: hasty', 'prediction of model foresight'],
] as const

const STRATEGIES = [
  ['tomorrow', 'decisions: decision', `by itself it loads ${BTC}`],
  ['whole-maximum', 'indicators: share', 'indicator "share"'],
] as const

describe('modules that peek', () => {
  test.each(MODELS)('%s is caught by name', async (module, what, says) => {
    const check = await checked(`test/leaks/${module}.ts`)
    expect(wrong(check)).toEqual([what])
    expect(check.leaks[0]!.text).toContain(says)
    expect(check.ok).toBe(false)
    expect(verdicts(check)).toMatchObject({ [what.split(':')[0]!]: 'peeks' })
  })

  test.each(STRATEGIES)('%s is caught by name', async (module, what, says) => {
    const check = await checked(`test/leaks/${module}.ts`, { data: [BTC] })
    expect(wrong(check)).toEqual([what])
    expect(check.leaks[0]!.text).toContain(says)
    expect(check.ok).toBe(false)
  })

  test('a decision is told with its time, what it was and what it would have been', async () => {
    const { leaks } = await checked('test/leaks/tomorrow.ts', { data: [BTC] })
    const [{ at, cut, whole, other }] = leaks as [Check['leaks'][number]]
    expect([whole, other].sort()).toEqual(['[{"kind":"close"}] (BTCUSDT)', 'nothing'])
    // it looks a day ahead: only what it did in the last day is another
    expect(at!).toBeLessThanOrEqual(cut!)
    expect(at!).toBeGreaterThan(cut! - 24 * 3_600_000)
  })

  test('folds that learn from both sides of their test are looked at without a cut', async () => {
    // the one cut lies before the last fold's test, and no other fold is known as a whole before the data end
    const { leaks, cuts } = await checked('test/leaks/both-sides.ts', { samples: 1, seed: 8 })
    expect(cuts[0]).toBeLessThan(Date.UTC(2024, 1, 1))
    expect(leaks.map(({ part, name, way }) => `${part}: ${name}, ${way}`).sort()).toEqual([
      'model: counting, null',
      'rebalancing: training set, null',
      'scaling: min-max-of-all, null',
    ])
    // in another order all rows still have the same minimum and maximum
    const { text } = leaks.find(({ part }) => part === 'scaling')!
    expect(text).toContain('with all bars but the training part poisoned')
  })

  test('a class of the past is caught beside returns that are not', async () => {
    const check = await checked('test/leaks/past-class.ts', { samples: 12 })
    expect(wrong(check)).toEqual(['labels: of the past'])
    expect(check.leaks[0]!.text).toContain('the classes of')
  })

  test('what is another each time is told so, and held against nothing else', async () => {
    const check = await checked('test/leaks/dice.ts', { data: [BTC] })
    expect(check.leaks.map(({ way, cut }) => [way, cut])).toEqual([['unchanged', null]])
    expect(check.leaks[0]!.text).toContain('when all is done once more with the same bars')
    expect(check.parts).toMatchObject([{ part: 'decisions', compared: 1, verdict: 'peeks' }])
  })

  test('the bar and both values are told: a close that has not come is a NaN in a mean', async () => {
    const { leaks, cuts } = await checked('test/leaks/centred-window.ts')
    const [{ at, cut, whole, other, way }] = leaks as [Check['leaks'][number]]
    expect([way, cut, other]).toEqual(['cut off', cuts[0], 'NaN'])
    // two bars ahead: the first to miss one opens two hours before the cut, a bar closes an hour after it opens
    expect(at).toBe(cut! - 2 * 3_600_000)
    expect(Number(whole)).toBeCloseTo(5, 0)
  })
})

describe('modules that do not peek', () => {
  test('a model and a strategy with code and bars of their own', async () => {
    const check = await checked('test/leaks/honest.ts', { samples: 12 })
    expect(wrong(check)).toEqual([])
    expect(check.ok).toBe(true)
    const all = [
      'features',
      'labels',
      'split',
      'scaling',
      'rebalancing',
      'model',
      'predictions',
      'indicators',
      'decisions',
    ]
    expect(verdicts(check)).toEqual(Object.fromEntries(all.map((part) => [part, 'holds'])))
    // three worlds a bar, and one more in which nothing is changed
    expect(check.parts.find(({ part }) => part === 'decisions')!.compared).toBe(3 * 12 + 1)
  })

  test('every way to split, to scale, to rebalance and to learn', async () => {
    const check = await checked('test/leaks/honest-models.ts', { samples: 10 })
    expect(check.leaks).toEqual([])
    expect(check.parts.filter(({ verdict }) => verdict !== 'holds')).toEqual([])
  })

  test('strategies/ml-direction.ts', async () => {
    const check = await checked('strategies/ml-direction.ts', { samples: 3 })
    expect(check.leaks).toEqual([])
    expect(verdicts(check)).toMatchObject({ model: 'holds', predictions: 'holds', decisions: 'holds' })
  })

  test.each(['buy-and-hold', 'donchian-breakout', 'rsi-reversion', 'sma-cross'])('strategies/%s.ts', async (name) => {
    const check = await checked(`strategies/${name}.ts`, { data: [BTC] })
    expect(check.leaks).toEqual([])
    expect(verdicts(check)).toMatchObject({ decisions: 'holds' })
  })

  test('strategies/momentum-rotation.ts, on two series', async () => {
    const data = [BTC, 'binance:ETHUSDT:1h']
    const check = await checked('strategies/momentum-rotation.ts', { data, set: { period: 100 } })
    expect(check.leaks).toEqual([])
    expect(check.parts.filter(({ part }) => part === 'indicators')).toHaveLength(2)
  })

  test('strategies/perp-trend.ts, on perpetuals with funding and marks', async () => {
    const data = ['binance-usdm:BTCUSDT:1h', 'binance-usdm:ETHUSDT:1h']
    const perpetual = { from: Date.UTC(2024, 5, 1), to: Date.UTC(2024, 8, 1) }
    const check = await checked('strategies/perp-trend.ts', { data, range: perpetual })
    expect(check.leaks).toEqual([])
  })
})

describe('samples', () => {
  test('the same seed takes the same bars, another one others; half of them are decisions', async () => {
    const at = (seed: number) => checked('strategies/sma-cross.ts', { data: [BTC], seed, samples: 4 })
    const [one, again, other] = [await at(1), await at(1), await at(2)]
    expect(again).toEqual(one)
    expect(other.cuts).not.toEqual(one.cuts)
    expect(one.cuts).toHaveLength(4)
    expect([...one.cuts].sort((a, b) => a - b)).toEqual(one.cuts)
    const strategy = resolve(ROOT, 'strategies/sma-cross.ts')
    const { result } = await backtest({ strategy, data: [BTC], ...range }, settings)
    // a market order is accepted at the close at which it is decided
    const decided = result.events.flatMap((event) => (event.type === 'accepted' ? [event.at] : []))
    expect(one.cuts.filter((cut) => decided.includes(cut)).length).toBeGreaterThanOrEqual(2)
  })

  test('more of them than there are bars are refused with the most that there can be', async () => {
    const short = { from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 0, 2) }
    const asked = checked('strategies/buy-and-hold.ts', { data: [BTC], range: short, samples: 30 })
    await expect(asked).rejects.toThrow(/24 bars .* too few for 30 samples: take more bars or --samples 21/)
  })
})

describe('what cannot be', () => {
  test('a strategy without data', async () => {
    await expect(checked('strategies/sma-cross.ts')).rejects.toThrow(UsageError)
  })

  test('a series that the model does not learn from', async () => {
    const asked = checked('test/leaks/next-return.ts', { data: ['binance:ETHUSDT:1h'] })
    await expect(asked).rejects.toThrow(/model ideal learns from binance:BTCUSDT:1h, not from binance:ETHUSDT:1h/)
  })

  test('parameters where there is no strategy', async () => {
    await expect(checked('test/leaks/next-return.ts', { set: { fast: 3 } })).rejects.toThrow(/--set is of strategies/)
  })

  test('a module with neither strategy nor model', async () => {
    await expect(checked('test/leaks/tuned-level.ts')).rejects.toThrow(/neither a strategy nor a model/)
  })
})
