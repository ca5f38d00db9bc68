import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Predictions, Predictor } from '../../src/core/predictor.ts'
import type { RunDocument } from '../../src/core/run.ts'
import { defineStrategy, type Strategy } from '../../src/engine/index.ts'
import { sma } from '../../src/indicators/index.ts'
import { neverAskedRemarks } from '../../src/runs/never-asked.ts'
import { type SimulateOptions, simulate } from '../../src/runs/simulate.ts'
import { scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'
import { barsOf, instrumentOf } from '../engine/scene.ts'

const SAID = 'the strategy was never asked'

async function run(strategy: string, ...args: readonly string[]) {
  const words = ['backtest', strategy, ...args, '--out', scratch()]
  const done = await klinelabHere([...words, '--json'])
  expect(done).toMatchObject({ code: 0, stderr: '' })
  const { dir, remarks } = done.json<RunDocument & { dir: string }>()
  return { words, dir, said: remarks.filter((remark) => remark.includes(SAID)) }
}

const MODEL: Predictor<'p'> = { isModel: true, outputs: ['p'] }

/** Flat hours: so many of each symbol. */
function optionsOf(
  strategy: Strategy,
  counts: Readonly<Record<string, number>>,
  models?: Predictions,
): SimulateOptions {
  const slots = Object.entries(counts).map(([symbol, count]) => ({
    instrument: instrumentOf({}, symbol),
    bars: barsOf(
      Array.from({ length: count }, () => [10, 10, 10, 10]),
      '1h',
      symbol,
    ),
    costs: { feeMaker: 0, feeTaker: 0, slippageBps: 0 },
    ...(models && { models }),
  }))
  return { strategy, params: {}, slots, from: 0, cash: 1000, limitTouch: false, closeAtEnd: false }
}

describe('a strategy that is never asked', () => {
  test('which indicator wants how many bars, in the document, on the page and in the terminal', async () => {
    const { words, dir, said } = await run(
      ...['strategies/sma-cross.ts', '--data', 'binance:BTCUSDT:1h'],
      ...['--to', '2022-01-08'],
    )
    expect(said).toEqual([
      'BTCUSDT: the strategy was never asked: its indicator slow needs 240 bars, and the range with its warm-up has 168. Choose a longer range (--from, --to), or more bars before it (--warmup).',
    ])
    expect(JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8')).remarks).toContain(said[0])
    expect(readFileSync(join(dir, 'report.html'), 'utf8')).toContain(`<li>${said[0]}</li>`)
    expect((await klinelabHere(words)).stdout).toContain(`! ${said[0]}`)
  })

  test('one that is asked on the last bar alone is asked', async () => {
    const range = (to: string) => ['--data', 'binance:BTCUSDT:1h', '--to', to] as const
    expect((await run('strategies/sma-cross.ts', ...range('2022-01-10T23:00'))).said).toHaveLength(1)
    expect((await run('strategies/sma-cross.ts', ...range('2022-01-11'))).said).toEqual([])
  })

  test('bars of a higher interval that are wanting, of every instrument; those before the range count', async () => {
    const file = join(scratch(), 'daily.ts')
    writeFileSync(
      file,
      `import { defineStrategy, sma } from 'klinelab'
export default defineStrategy({
  name: 'daily',
  also: { day: { interval: '1d', indicators: () => ({ trend: sma(9) }) } },
  onBar() {},
})
`,
    )
    const both = ['--data', 'binance:BTCUSDT:1h', 'binance:ETHUSDT:1h'] as const
    const why =
      'the strategy was never asked: also.day.trend needs 9 bars of 1d, and the range with its warm-up has 7. Choose a longer range (--from, --to), or more bars before it (--warmup).'
    expect((await run(file, ...both, '--to', '2022-01-08')).said).toEqual([`BTCUSDT: ${why}`, `ETHUSDT: ${why}`])
    expect((await run(file, ...both, '--from', '2022-02-01', '--to', '2022-02-08')).said).toEqual([])
    expect((await run(file, ...both, '--from', '2022-02-01', '--to', '2022-02-08', '--warmup', '0')).said).toEqual([
      `BTCUSDT: ${why}`,
      `ETHUSDT: ${why}`,
    ])
  })

  test('one that is asked of one instrument is asked, though the other has too few bars', () => {
    const strategy = defineStrategy({ name: 's', indicators: () => ({ fast: sma(2), slow: sma(5) }), onBar() {} })
    const isEverAsked = (A: number, B: number) => simulate(optionsOf(strategy, { AUSDT: A, BUSDT: B })).isEverAsked
    expect([isEverAsked(4, 4), isEverAsked(5, 4), isEverAsked(4, 5)]).toEqual([false, true, true])
  })

  test('models that are silent on every bar', () => {
    const strategy = defineStrategy({ name: 's', models: { up: MODEL }, indicators: () => ({ a: sma(2) }), onBar() {} })
    const told = (...p: number[]) => optionsOf(strategy, { AUSDT: 3 }, { up: { p: Float64Array.from(p) } })
    expect(simulate(told(Number.NaN, Number.NaN, 0.5)).isEverAsked).toBe(true)
    const silent = told(0.5, Number.NaN, Number.NaN)
    expect(simulate(silent).isEverAsked).toBe(false)
    expect(neverAskedRemarks(silent)).toEqual([
      'AUSDT: the strategy was never asked: its models say nothing of any bar on which its indicators have values. Choose a longer range (--from, --to), or more bars before it (--warmup).',
    ])
  })
})
