import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import type { RunDocument } from '../../src/core/run.ts'
import { atr, buy, defineStrategy, loadBars, resampleBars, type Strategy } from '../../src/index.ts'
import { pathBand } from '../../src/metrics/index.ts'
import { simulate } from '../../src/runs/simulate.ts'
import { scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'
import { instrumentOf } from '../engine/scene.ts'

/** Enters every third hour with a bracket of so many average ranges, so that much hangs on the path. */
function bracketed(kind: 'market' | 'limit' | 'stop', stop: number, target: number): Strategy {
  return defineStrategy({
    name: 'bracketed',
    indicators: () => ({ atr: atr(14) }),
    onBar({ bar, ind, position, orders }) {
      if (position.qty !== 0 || orders.length > 0 || (bar.openTime / 3_600_000) % 3 !== 0) return
      const expiry = { tif: 'GTD', expiresAt: bar.openTime + 4 * 3_600_000 } as const
      return buy({
        qty: 0.1,
        stopLoss: { distance: stop * ind.atr },
        takeProfit: { distance: target * ind.atr },
        ...(kind === 'limit' && { limit: bar.close - 0.3 * ind.atr, ...expiry }),
        ...(kind === 'stop' && { stop: bar.close + 0.3 * ind.atr, ...expiry }),
      })
    },
  })
}

describe('the embedded month of minutes, as hours', () => {
  let minutes: Bars
  let hours: Bars
  beforeAll(async () => {
    minutes = await loadBars('binance:BTCUSDT:1m')
    hours = resampleBars(minutes, '1h')
  })
  const costs = { feeMaker: 0.001, feeTaker: 0.001, slippageBps: 2 }
  const makerFee = { BTCUSDT: costs.feeMaker }
  const run = (strategy: Strategy, detail: Bars | null) =>
    simulate({
      strategy,
      params: {},
      slots: [{ instrument: instrumentOf(), bars: hours, costs, detail }],
      from: hours.openTime[0]!,
      cash: 100_000,
      limitTouch: false,
      closeAtEnd: false,
    }).result

  test('how often the band of the hours has the truth of the minutes in it; the minutes’ own band is narrower', () => {
    let [inside, all, width, detailWidth] = [0, 0, 0, 0]
    for (const kind of ['market', 'limit', 'stop'] as const)
      for (const stop of [0.3, 0.5, 1, 2])
        for (const target of [0.3, 0.5, 1, 2, 4]) {
          const strategy = bracketed(kind, stop, target)
          const plain = run(strategy, null)
          const truth = run(strategy, minutes)
          const band = pathBand({ ...plain, bars: [hours], makerFee })
          const left = pathBand({ ...truth, bars: [hours], details: [minutes], makerFee })
          all++
          if (truth.endEquity >= band.endEquity.low && truth.endEquity <= band.endEquity.high) inside++
          expect(band.endEquity.low).toBe(plain.endEquity)
          width += band.endEquity.high - band.endEquity.low
          detailWidth += left.endEquity.high - left.endEquity.low
        }
    // few trades a month: what was decided later, held in the band, decides more often than over years (see the README)
    expect([inside, all]).toEqual([41, 60])
    expect(detailWidth).toBeLessThan(0.15 * width)
  })

  test('a run whose bars are its own detail, one of one, is the run without', () => {
    for (const kind of ['market', 'limit', 'stop'] as const) {
      const strategy = bracketed(kind, 0.5, 0.5)
      expect(run(strategy, hours).events).toEqual(run(strategy, null).events)
    }
  })
})

describe('--detail', () => {
  const RUN = [
    'backtest',
    'strategies/rsi-reversion.ts',
    '--data',
    'binance:BTCUSDT:1h',
    '--from',
    '2023-03-01',
    '--to',
    '2023-04-01',
  ]
  test('names the bars that decide, is another run, and is repeated by the command it prints', async () => {
    const out = scratch()
    const of = async (...flags: string[]) => {
      const done = await klinelabHere([...RUN, '--out', out, '--json', ...flags])
      expect(done.code, done.stderr).toBe(0)
      const { dir } = done.json<{ dir: string }>()
      return JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8')) as RunDocument
    }
    const plain = await of()
    const detailed = await of('--detail', '1m')
    expect(detailed.run).not.toBe(plain.run)
    expect(detailed.remarks.join()).toContain('fills are decided by the 1m bars')
    expect(detailed.reproduce.request!.detail).toBe('1m')
    expect(detailed.reproduce.command).toContain('--detail 1m')
    expect((await klinelabHere(['verify', detailed.run, '--out', out])).code).toBe(0)
  })
  test('--band full runs once more, is recorded and verified', async () => {
    const out = scratch()
    const done = await klinelabHere([...RUN, '--out', out, '--json', '--band', 'full'])
    const { run, band } = done.json<{ run: string; band: RunDocument['band'] }>()
    expect(band.method).toBe('full')
    expect(band.endEquity.low).toBeLessThanOrEqual(band.endEquity.high)
    expect((await klinelabHere(['verify', run, '--out', out])).code).toBe(0)
  })
  test.each([
    ['1h', '--detail 1h is not finer than binance:BTCUSDT:1h'],
    ['15m', '--detail 15m: no bars of binance:BTCUSDT:15m are stored in the range'],
    ['1n', '--detail: "1n" is no interval'],
  ])('%s is refused', async (interval, message) => {
    const { code, stderr } = await klinelabHere([...RUN, '--detail', interval])
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  })
})
