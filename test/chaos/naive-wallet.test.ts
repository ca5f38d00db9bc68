import { describe, expect, test } from 'vitest'
import { isProtected } from './invariants.ts'
import { expectedWallet, units } from './naive-wallet.ts'

const fill = (side: 'buy' | 'sell', qty: string, price: string, fee = '0') => ({ side, qty, price, fee })

describe('what a wallet must hold', () => {
  test('is what was there, less fees and funding, and what round trips have brought', () => {
    // 2 × (110 − 100) = 20, less fees of 0.5 and 0.6, less funding of 0.01 and 0.02 back
    const fills = [fill('buy', '2', '100', '0.5'), fill('sell', '2', '110', '0.6')]
    expect(expectedWallet(units('1000'), fills, ['-0.01', '0.02'])).toEqual({
      position: 0n,
      least: units('1018.91'),
      most: units('1018.91'),
    })
  })

  test('is not moved by what is open, and a fill may turn it', () => {
    // bought at 100, sold twice as much at 90: −10 realised, and short 1 from 90
    const fills = [fill('buy', '1', '100'), fill('sell', '2', '90')]
    expect(expectedWallet(units('1000'), fills, [])).toEqual({
      position: units('-1'),
      least: units('990'),
      most: units('990'),
    })
  })

  test('leaves the last unit open while a part of a position is closed', () => {
    // a third of what three coins cost is no whole number of units
    const fills = [fill('buy', '1', '100.00000001'), fill('buy', '2', '100'), fill('sell', '1', '100')]
    const { least, most } = expectedWallet(units('0'), fills, [])
    expect(most - least).toBe(2n)
    expect(least <= 0n && most >= 0n).toBe(true)
    const flat = [...fills, fill('sell', '2', '100')]
    expect(expectedWallet(units('0'), flat, [])).toEqual({ position: 0n, least: -1n, most: -1n })
  })
})

test('a position is covered by stops that reduce it in full, on the other side, and by nothing else', () => {
  const stop = { side: 'SELL', reduceOnly: 'true', orderType: 'STOP_MARKET', quantity: '0.05' }
  expect(isProtected(units('0.05'), [stop])).toBe(true)
  expect(isProtected(units('0.06'), [stop])).toBe(false)
  expect(isProtected(units('0.06'), [stop, { ...stop, quantity: '0.01' }])).toBe(true)
  expect(isProtected(units('-0.05'), [stop])).toBe(false)
  expect(isProtected(units('0.05'), [{ ...stop, reduceOnly: 'false' }])).toBe(false)
  expect(isProtected(units('0.05'), [{ ...stop, orderType: 'TAKE_PROFIT_MARKET' }])).toBe(false)
  expect(isProtected(0n, [])).toBe(true)
})
