import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { POW10 } from '../../src/core/decimal.ts'
import { fromLedger, ledgerFor, notionalUnits, rateOf, toLedger } from '../../src/core/money.ts'
import { costsOf, defineStrategy, Engine } from '../../src/engine/index.ts'
import { barsOf, instrumentOf } from '../engine/scene.ts'
import { ceilDiv, floorDiv } from './exact.ts'

const SAFE = Number.MAX_SAFE_INTEGER

describe('ledgerFor', () => {
  // 2^53 − 1 is 9.007 × 10^15: 10^k of cash, a thousandfold, leaves 12 − k decimals, at most 8
  test.each([
    [0.00000001, 8],
    [0.5, 8],
    [10_000, 8],
    [90_071, 8],
    [90_072, 7],
    [1_000_000, 6],
    [10 ** 9, 3],
    [10 ** 12, 0],
    [9 * 10 ** 12, 0],
  ])('cash of %d is kept to %d decimals', (cash, decimals) => expect(ledgerFor(cash).decimals).toBe(decimals))

  test('takes the finest unit, up to 1e-8, in which a thousandfold account is a whole number below 2^53', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-8, max: 9e12, noNaN: true }), (cash) => {
        const { decimals } = ledgerFor(cash)
        const fits = (d: number) => BigInt(Math.ceil(cash)) * 1000n * 10n ** BigInt(d) <= BigInt(SAFE)
        expect(decimals).toBeGreaterThanOrEqual(0)
        expect(decimals).toBeLessThanOrEqual(8)
        expect(cash * 1000 * 10 ** decimals).toBeLessThanOrEqual(SAFE)
        if (decimals < 8) expect(fits(decimals + 1)).toBe(false)
        expect(toLedger({ decimals }, cash)).toBeGreaterThan(0)
      }),
    )
  })

  test.each([
    [9.1e12, 'cash 9100000000000 is too large for exact accounting: at most 9007199254740 of the quote asset'],
    [Number.POSITIVE_INFINITY, 'too large'],
    [9e-9, 'cash 9e-9 is less than 0.00000001'],
    [0, 'less than 0.00000001'],
    [-5, 'less than 0.00000001'],
    [Number.NaN, 'cash NaN'],
  ])('cash of %d is an error before the run', (cash, message) => {
    expect(() => ledgerFor(cash)).toThrow(RangeError)
    expect(() => ledgerFor(cash)).toThrow(message)
  })

  test.each([9.1e12, 9e-9])('the engine does not start with cash of %d', (cash) => {
    const strategy = defineStrategy({ name: 'idle', onBar: () => undefined })
    const costs = costsOf({ feeMaker: 0, feeTaker: 0, slippageBps: 0 })
    const bars = barsOf([[1, 1, 1, 1]])
    const slot = { instrument: instrumentOf(), bars, indicators: {}, also: {}, startRow: 0, readyRow: 0, costs }
    const start = () => new Engine({ strategy, params: {}, cash, instants: 1, limitTouch: false, slots: [slot] })
    expect(start).toThrow(`cash ${cash}`)
  })
})

test('toLedger rounds to the unit, down unless asked up, and keeps what is exact; fromLedger writes it back', () => {
  const cents = { decimals: 2 }
  expect([toLedger(cents, 1.239), toLedger(cents, 1.239, 'up')]).toEqual([123, 124])
  expect([toLedger(cents, 0.29), toLedger(cents, 0.29, 'up')]).toEqual([29, 29])
  expect(toLedger({ decimals: 0 }, 10 ** 12 + 0.5)).toBe(10 ** 12)
  fc.assert(
    fc.property(fc.integer({ min: -(10 ** 15), max: 10 ** 15 }), fc.nat(8), (units, decimals) => {
      expect(BigInt(toLedger({ decimals }, fromLedger({ decimals }, units)))).toBe(BigInt(units))
    }),
  )
})

describe('rateOf', () => {
  test.each([
    [0, 0, 0],
    [0.001, 1, 3],
    [0.00075, 75, 5],
    [0.1, 1, 1],
    [0.000000000001, 1, 12],
    [0.5625, 5625, 4],
  ])('%d is %d ÷ 10^%d', (value, digits, decimals) => expect(rateOf(value, 'feeTaker')).toEqual({ digits, decimals }))

  test.each([1, 1.5, -0.001, 1e-13, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d by name', (value) => {
    expect(() => rateOf(value, 'feeTaker')).toThrow(`feeTaker ${value} is not a rate`)
  })

  test.each([
    [-0.0001, -1, 4],
    [-0.00005, -5, 5],
    [-0.999999999999, -999999999999, 12],
    [-0, 0, 0],
    [0.0002, 2, 4],
  ])('a maker may be paid: %d is %d ÷ 10^%d', (value, digits, decimals) =>
    expect(rateOf(value, 'feeMaker', 'rebate')).toEqual({ digits, decimals }),
  )

  test.each([-1, -1.5, 1, -1e-13, Number.NaN, Number.NEGATIVE_INFINITY])('%d is not what a maker gets', (value) => {
    expect(() => rateOf(value, 'feeMaker', 'rebate')).toThrow(`feeMaker ${value} is not a rate`)
  })
})

describe('notionalUnits', () => {
  test('is price × qty × rate in BigInt, rounded once to the ledger unit; beyond 2^53 it is an error', () => {
    const units = fc.oneof(fc.nat(1000), fc.nat(10 ** 7), fc.nat(10 ** 12))
    const digits = fc.integer({ min: -9999, max: 9999 })
    const rates = fc
      .tuple(digits, fc.integer({ min: 4, max: 12 }))
      .map(([n, d]) => rateOf(n / 10 ** d, 'rate', 'rebate'))
    const places = fc.nat(8)
    fc.assert(
      fc.property(units, places, units, places, rates, places, (price, pd, qty, qd, rate, decimals) => {
        const product = BigInt(price) * BigInt(qty) * BigInt(rate.digits) * 10n ** BigInt(decimals)
        const divisor = 10n ** BigInt(pd + qd + rate.decimals)
        for (const [rounding, exact] of [
          ['down', floorDiv(product, divisor)],
          ['up', ceilDiv(product, divisor)],
        ] as const) {
          const ask = () => notionalUnits({ decimals }, price, pd, qty, qd, rounding, rate)
          if (exact <= BigInt(SAFE) && exact >= -BigInt(SAFE)) expect(BigInt(ask())).toBe(exact)
          else expect(ask).toThrow(RangeError)
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('a rebate is a cost below 0: rounded up, a unit less of it is received; never −0', () => {
    // 7.46253 × 0.0001 = 0.000746253
    const rebate = rateOf(-0.0001, 'feeMaker', 'rebate')
    expect(notionalUnits({ decimals: 8 }, 248751, 2, 3, 3, 'up', rebate)).toBe(-74625)
    expect(notionalUnits({ decimals: 8 }, 248751, 2, 3, 3, 'down', rebate)).toBe(-74626)
    expect(notionalUnits({ decimals: 0 }, 248751, 2, 3, 3, 'up', rebate)).toBe(0)
  })

  test('without a rate it is price × qty: 0.010 at 49545.7 is 495.457', () => {
    expect(notionalUnits({ decimals: 8 }, 495457, 1, 10, 3, 'down')).toBe(495.457 * POW10[8]!)
    // in whole units of account it is 496 paid and 495 received
    expect(notionalUnits({ decimals: 0 }, 495457, 1, 10, 3, 'up')).toBe(496)
    expect(notionalUnits({ decimals: 0 }, 495457, 1, 10, 3, 'down')).toBe(495)
  })
})
