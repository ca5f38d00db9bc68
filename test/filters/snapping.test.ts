import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decimalOf } from '../../src/core/decimal.ts'
import type { Offset } from '../../src/core/order.ts'
import { compileRules, scalesOf } from '../../src/engine/index.ts'
import { snapLimit, snapStop, snapTouch, stopLegPrice, targetLegPrice, trailPrice } from '../../src/engine/prices.ts'
import { ceilDiv, floorDiv, plainText } from '../core/exact.ts'
import { filtersOf, instrumentWith } from './exchange.ts'

/** Grids in units of 10^-3: [minimum, tick]; USDS-M counts from the minimum, spot from zero. */
const GRIDS = [['0.010', '0.010'], ['0.015', '0.025'], ['0.000', '0.000'], ['0.001', '0.05'], ['0.3', '0.1']] as const // biome-ignore format: a list

function gridOf(venue: 'binance' | 'binance-usdm', [minPrice, tickSize]: (typeof GRIDS)[number]) {
  const filter = { filterType: 'PRICE_FILTER', minPrice, maxPrice: '0', tickSize }
  const instrument = instrumentWith(venue, filtersOf(venue, [filter]))
  const scales = scalesOf(instrument, 3, false)
  return { rules: compileRules(instrument, instrument.snapshots[0]!, scales), scales }
}

/** Thousandths of the legal price next to num ÷ den: k × tick + origin; 0, which is refused, for what is not above 0. */
function nextLegal(venue: string, [min, tick]: (typeof GRIDS)[number], num: bigint, den: bigint, up: boolean): bigint {
  const step = BigInt(Math.max(1, Math.round(Number(tick) * 1000)))
  const origin = venue === 'binance-usdm' ? BigInt(Math.round(Number(min) * 1000)) : 0n
  if (num <= 0n) return 0n
  const divide = up ? ceilDiv : floorDiv
  const price = origin + divide(num * 1000n - origin * den, den * step) * step
  return price < 0n ? 0n : price
}

const venues = fc.constantFrom('binance' as const, 'binance-usdm' as const)
const grids = fc.constantFrom(...GRIDS)
const sides = fc.constantFrom(1 as const, -1 as const)
/** Prices as strategies compute them: on the grid, off it, and with float noise. */
const prices = fc.oneof(
  fc.integer({ min: 1, max: 400_000 }).map((n) => n / 1000),
  fc
    .tuple(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 99 }))
    .map(([n, k]) => (n / 10) * (1 + k / 100)),
)

describe('fills.md 14: prices reach the grid', () => {
  test('buy limits down, sell limits up; buy stops down, sell stops up; touches, which wait on the other side, reversed', () => {
    fc.assert(
      fc.property(venues, grids, sides, prices, (venue, grid, side, price) => {
        const { rules, scales } = gridOf(venue, grid)
        const { digits, decimals } = decimalOf(price)
        const next = (up: boolean) => nextLegal(venue, grid, digits, 10n ** BigInt(decimals), up)
        expect(BigInt(snapLimit(price, side, rules, scales))).toBe(next(side === -1))
        expect(BigInt(snapStop(price, side, rules, scales))).toBe(next(side === -1))
        expect(BigInt(snapTouch(price, side, rules, scales))).toBe(next(side === 1))
      }),
      { numRuns: 2000 },
    )
  })

  test('legs and trailing stops are reckoned in decimals from the fill, then rounded once', () => {
    const base = fc.integer({ min: 1, max: 400_000 })
    const amounts = fc.oneof(
      fc.integer({ min: 1, max: 999 }).map((n): Offset => ({ percent: n / 1000 })),
      fc.double({ min: 1e-6, max: 0.999, noNaN: true }).map((percent): Offset => ({ percent })),
      fc.integer({ min: 1, max: 400_000 }).map((n): Offset => ({ distance: n / 1000 })),
      fc.double({ min: 1e-6, max: 400, noNaN: true }).map((distance): Offset => ({ distance })),
    )
    fc.assert(
      fc.property(venues, grids, sides, base, amounts, (venue, grid, side, fill, offset) => {
        const { rules, scales } = gridOf(venue, grid)
        const amount = decimalOf('percent' in offset ? offset.percent : offset.distance)
        const one = 10n ** BigInt(amount.decimals)
        // in units of 10^-(3 + decimals of the offset)
        const moved = (sign: bigint) =>
          'percent' in offset
            ? BigInt(fill) * (one + sign * amount.digits)
            : BigInt(fill) * one + sign * 1000n * amount.digits
        const next = (sign: bigint) => nextLegal(venue, grid, moved(sign), 1000n * one, side === -1)
        // a sell leg protects what was bought: its stop lies below, its target above
        expect(BigInt(stopLegPrice(offset, side, fill, rules, scales))).toBe(next(BigInt(side)))
        expect(BigInt(trailPrice(offset, side, fill, rules, scales))).toBe(next(BigInt(side)))
        expect(BigInt(targetLegPrice(offset, side, fill, rules, scales))).toBe(next(BigInt(-side)))
      }),
      { numRuns: 2000 },
    )
  })

  const { rules, scales } = gridOf('binance', ['0.010', '0.010'])

  test('100 + 10 % is 110 and not a tick more; 100.1 + 0.1 is 100.2 and not a tick less', () => {
    expect(100 * 1.1).toBeGreaterThan(110)
    expect(targetLegPrice({ percent: 0.1 }, -1, 100_000, rules, scales)).toBe(110_000)
    expect(100.1 + 0.1).toBeLessThan(100.2)
    expect(stopLegPrice({ distance: 0.1 }, 1, 100_100, rules, scales)).toBe(100_200)
  })

  test('a price given to a leg is a price', () => {
    expect(stopLegPrice(95.123, -1, 100_000, rules, scales)).toBe(95_130)
    expect(stopLegPrice(105.123, 1, 100_000, rules, scales)).toBe(105_120)
    expect(targetLegPrice(105.123, -1, 100_000, rules, scales)).toBe(105_130)
  })

  test('no price that a strategy asks for becomes the mark of having none, or a number beyond 2^53', () => {
    for (const distance of [100.001, 100.011, 100.02, 1e9, 1e300])
      for (const price of [
        stopLegPrice({ distance }, -1, 100_000, rules, scales),
        trailPrice({ distance }, -1, 100_000, rules, scales),
      ])
        expect(price).toBe(0)
    for (const price of [1e15, 1e300, 1e308])
      expect([snapLimit(price, 1, rules, scales), snapStop(price, -1, rules, scales)].every(Number.isSafeInteger)).toBe(
        true,
      )
    expect(plainText(BigInt(snapLimit(9e12, 1, rules, scales)), 3)).toBe('9000000000000.000')
  })
})
