import { describe, expect, test } from 'vitest'
import { buy, close, sell } from '../../src/core/order.ts'
import { defineStrategy } from '../../src/engine/index.ts'
import { ema } from '../../src/indicators/index.ts'
import { HOUR, type Row, stage } from './scene.ts'

const flat = (count: number): Row[] => Array.from({ length: count }, () => [100, 101, 99, 100])
/** Closes 1, 2, 3, … */
const rising = (count: number): Row[] => Array.from({ length: count }, (_, k) => [k + 1, k + 1, k + 1, k + 1])

describe('onBars', () => {
  const series = [
    { symbol: 'BTCUSDT', rows: rising(5) },
    { symbol: 'ETHUSDT', rows: [null, null, ...flat(3)] },
  ]

  test('gets every instrument whose indicators have values, once an instant, after all onBar', () => {
    const log: string[] = []
    const strategy = defineStrategy({
      name: 'rank',
      indicators: () => ({ mean: ema(2) }),
      onBar: ({ symbol, at }) => void log.push(`${at / HOUR} ${symbol}`),
      onBars: ({ at, symbols, bars, inds, prevs, positions }) => {
        const values = symbols.map(
          (s) => `${s} ${bars[s]!.close} ${inds[s]!.mean.toFixed(2)} ${prevs[s]!.mean.toFixed(2)}`,
        )
        log.push(`${at / HOUR} all: ${values.join(', ')}; holds ${symbols.map((s) => positions[s]!.qty).join()}`)
      },
    })
    stage({ strategy, series })
    // EMA 2 of 1, 2, 3, …: seed 1.5, then n − 0.5; ETH begins at hour 2 and has its mean at the end of hour 4
    expect(log).toEqual([
      '2 BTCUSDT',
      '2 all: BTCUSDT 2 1.50 NaN; holds 0',
      '3 BTCUSDT',
      '3 all: BTCUSDT 3 2.50 1.50; holds 0',
      '4 BTCUSDT',
      '4 ETHUSDT',
      '4 all: BTCUSDT 4 3.50 2.50, ETHUSDT 100 100.00 NaN; holds 0,0',
      '5 BTCUSDT',
      '5 ETHUSDT',
      '5 all: BTCUSDT 5 4.50 3.50, ETHUSDT 100 100.00 100.00; holds 0,0',
    ])
  })

  test('its orders need a symbol, one that is in the data and has begun; with one instrument there is no doubt', () => {
    const ordering = (decision: ReturnType<typeof buy>) => defineStrategy({ name: 'orders', onBars: () => decision })
    const run = (decision: ReturnType<typeof buy>, which = series) =>
      stage({ strategy: ordering(decision), series: which })
    expect(() => run(buy({ qty: 1 }))).toThrow(/an order from onBars needs its symbol/)
    expect(() => run(buy({ symbol: 'ETHUDST', qty: 1 }))).toThrow(
      /ordered "ETHUDST", which is not in the data.*ETHUSDT.*this run has BTCUSDT, ETHUSDT/,
    )
    expect(() => run(buy({ symbol: 'ETHUSDT', qty: 1 }))).toThrow(/ordered ETHUSDT before its first bar/)
    expect(run(buy({ symbol: 'BTCUSDT', qty: 1 })).fills[0]).toMatchObject({ symbol: 'BTCUSDT', price: 2 })
    expect(run(buy({ qty: 1 }), [{ symbol: 'ETHUSDT', rows: flat(2) }]).fills).toHaveLength(1)
  })

  test('its close() and sells act on the symbol they name', () => {
    const strategy = defineStrategy({
      name: 'both',
      onBars: ({ at }) => {
        if (at === 3 * HOUR) return ['BTCUSDT', 'ETHUSDT'].map((symbol) => buy({ symbol, qty: 2 }))
        return at === 4 * HOUR ? [close({ symbol: 'ETHUSDT' }), sell({ symbol: 'BTCUSDT', qty: 1 })] : undefined
      },
    })
    const run = stage({ strategy, series })
    expect(run.fills.slice(2).map(({ symbol, qty }) => [symbol, qty])).toEqual([
      ['BTCUSDT', 1],
      ['ETHUSDT', 2],
    ])
  })
})
