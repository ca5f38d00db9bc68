import { describe, expect, test } from 'vitest'
import { rateOf } from '../../src/core/money.ts'
import type { Account } from '../../src/engine/account.ts'
import { type Execution, Position } from '../../src/engine/position.ts'
import { barsOf, type Row } from './scene.ts'

const BAR: Row = [100, 104, 99, 102]

/** What a position has lived through after these purchases, the bar at the cursor not being over. */
function livedThrough(purchases: readonly Pick<Execution, 'price' | 'row' | 'isInside' | 'insideRow'>[]) {
  const bars = barsOf([BAR, BAR, BAR])
  const account = { cost: 0, wallet: 0, realised: 0, feesUnits: 0, refresh() {} } as unknown as Account
  const scales = { priceDecimals: 2, qtyDecimals: 3 }
  const position = new Position(scales, { decimals: 8 }, { row: 0, ready: 0 } as never, bars, bars.close)
  const plain = { side: 1, qty: 1000, fee: rateOf(0, 'fee'), feeInBase: false, time: 0, trade: 1 } as const
  for (const one of purchases)
    position.settle({ ...plain, symbol: 'BTCUSDT', entryTag: '', exitTag: '', ...one }, account, 1, 0)
  return [position.high, position.low]
}

describe('what is added to a position inside the bar on which it began', () => {
  test('it has lived through in a backtest', () => {
    const inside = { row: 1, isInside: true }
    expect(livedThrough([{ price: 10100, ...inside }, { price: 10300, ...inside }])).toEqual([103, 101]) // biome-ignore format: one thought
  })

  test('and at an exchange, which fills inside the bar that has not closed yet', () => {
    const running = { row: 1, isInside: true, insideRow: 2 }
    expect(livedThrough([{ price: 10100, ...running }, { price: 10300, ...running }])).toEqual([103, 101]) // biome-ignore format: one thought
  })

  test('but not what is added at the close of that bar, which a backtest fills at the next open', () => {
    const first = { price: 10100, row: 1, isInside: true, insideRow: 2 }
    expect(livedThrough([first, { price: 10300, row: 2, isInside: true, insideRow: -1 }])).toEqual([101, 101])
    expect(livedThrough([{ price: 10100, row: 1, isInside: true }, { price: 10300, row: 2, isInside: false }])).toEqual([101, 101]) // biome-ignore format: one thought
  })
})
