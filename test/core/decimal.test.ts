import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ceilUnits, decimalOf, decimalsOf, exactUnits, floorUnits, fromUnits, mulDiv, POW10, parseDecimal, safe, unitsText,
  wholeQuotient,
} from '../../src/core/decimal.ts' // biome-ignore format: one line of names
import { ceilDiv, floorDiv, fractionOf, plainText } from './exact.ts'

const SAFE = Number.MAX_SAFE_INTEGER
const decimals = fc.integer({ min: 0, max: 12 })
const whole = fc.maxSafeInteger()
/** The double next to a positive one: what a computation that is off by its last bit gives. */
function next(value: number, by: 1 | -1): number {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  bits.setBigUint64(0, bits.getBigUint64(0) + BigInt(by))
  return bits.getFloat64(0)
}

/** Numbers as they arise: decimals of a grid, their neighbours, sums and products with float noise, and anything at all. */
const numbers = fc.oneof(
  fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), decimals).map(([n, d]) => n / 10 ** d),
  fc
    .tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 1, max: 999 }))
    .map(([n, k]) => (n * k) / 1000 + k / 7),
  fc
    .tuple(fc.integer({ min: 1, max: 1e9 }), decimals, fc.constantFrom(-1 as const, 1 as const))
    .map(([n, d, by]) => next(n / 10 ** d, by)),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
)

/** The n whose decimal n × 10^-d reads as the very double `value`, if one does: parsing text is correctly rounded. */
function writtenBy(value: number, d: number): bigint | null {
  const { num, den } = fractionOf(value)
  const near = floorDiv(num * 10n ** BigInt(d), den)
  for (const n of [near - 1n, near, near + 1n, near + 2n]) if (Number(plainText(n, d)) === value) return n
  return null
}

test('POW10 holds the powers of ten that a double holds exactly', () => {
  expect(POW10).toHaveLength(23)
  for (const [k, power] of POW10.entries()) expect(BigInt(power)).toBe(10n ** BigInt(k))
  // the next one would not be: 5^23 needs 54 bits
  expect(BigInt(1e23)).not.toBe(10n ** 23n)
})

describe('parseDecimal', () => {
  test('reads any plain decimal without loss', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 25 }), (n, d) => {
        const read = parseDecimal(plainText(n, d))
        expect(read.digits * 10n ** BigInt(d)).toBe(n * 10n ** BigInt(read.decimals))
        expect(read.decimals === 0 || read.digits % 10n !== 0n || read.digits === 0n).toBe(true)
        expect(read.decimals).toBeLessThanOrEqual(d)
      }),
    )
  })

  test.each([
    ['0.10000000', 1n, 1],
    ['556.80', 5568n, 1],
    ['0', 0n, 0],
    ['0.00', 0n, 0],
    ['-0', 0n, 0],
    ['007.50', 75n, 1],
    ['9000.00000000', 9000n, 0],
    ['46116860414.00000000', 46116860414n, 0],
    ['123456789012345678901234567890.5', 1234567890123456789012345678905n, 1],
  ])('reads %s', (text, digits, places) => {
    expect(parseDecimal(text)).toEqual({ digits, decimals: places })
  })

  test.each([
    '1e-7', '1E5', '+1', '.5', '5.', ' 1', '1 ', '1\n', '0x10', '0b1', 'NaN', 'Infinity', '-Infinity', '', '-', '--1',
    '1.2.3', '1,5', '1_000', '１', 'null', 'undefined', '1n',
  ])('exchange.md (e) 9: refuses %j, which Number() or BigInt() might take', (text) => {
    expect(() => parseDecimal(text)).toThrow(RangeError)
    expect(() => parseDecimal(text)).toThrow(JSON.stringify(text).slice(1, -1).replace('\\n', '\n'))
  }) // biome-ignore format: a table of words
})

describe('a double as the decimal it prints as', () => {
  test('decimalOf writes back the same double, with no digit too many', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const { digits, decimals: places } = decimalOf(value)
        expect(Number(plainText(digits, places))).toBe(value === 0 ? 0 : value)
        expect(places === 0 || digits % 10n !== 0n).toBe(true)
        expect(decimalsOf(value)).toBe(places)
      }),
    )
  })

  test.each([
    [0.07, 7n, 2],
    [1e-7, 1n, 7],
    [4.356789012345678e-7, 4356789012345678n, 22],
    [4.3567890123456781e-8, 4356789012345678n, 23],
    [1e21, 10n ** 21n, 0],
    [1.5e300, 15n * 10n ** 299n, 0],
    [-0.30000000000000004, -30000000000000004n, 17],
    [0, 0n, 0],
  ])('decimalOf(%d)', (value, digits, places) => {
    expect(decimalOf(value)).toEqual({ digits, decimals: places })
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('decimalOf refuses %d', (value) => {
    expect(() => decimalOf(value)).toThrow(RangeError)
  })

  test.each([
    [0.1, 1],
    [1e-8, 8],
    [1.5e-7, 8],
    [1e21, 0],
    [123.456, 3],
    [-0.25, 2],
    [100, 0],
  ])('decimalsOf(%d) is %i', (value, places) => expect(decimalsOf(value)).toBe(places))
})

describe('whole units', () => {
  test('exactUnits and floorUnits undo a division by a power of ten and a decimal text, up to the last that is one double', () => {
    const all = { min: -(2 ** 52), max: 2 ** 52 }
    const high = fc.integer({ min: 2 ** 51, max: 2 ** 52 })
    fc.assert(
      fc.property(fc.oneof(fc.integer(all), high), decimals, (n, d) => {
        expect(BigInt(exactUnits(n / 10 ** d, d)!)).toBe(BigInt(n))
        expect(BigInt(exactUnits(Number(plainText(BigInt(n), d)), d)!)).toBe(BigInt(n))
        expect(BigInt(floorUnits(n / 10 ** d, d))).toBe(BigInt(n))
      }),
      { numRuns: 2000 },
    )
    expect(Math.round(4450095359181.818 * 1000)).toBe(4450095359181819)
    expect(exactUnits(4450095359181.818, 3)).toBe(4450095359181818)
  })

  test('exactUnits finds the decimal that a double writes, and only that', () => {
    fc.assert(
      fc.property(numbers, decimals, (value, d) => {
        fc.pre(Math.abs(value) * 10 ** d <= 10 ** 15)
        const n = writtenBy(value, d)
        const found = exactUnits(value, d)
        expect(found === null ? null : BigInt(found)).toBe(n)
      }),
      { numRuns: 2000 },
    )
  })

  test('floorUnits and ceilUnits are the neighbours of the exact binary value, or the decimal it writes', () => {
    fc.assert(
      fc.property(numbers, decimals, (value, d) => {
        fc.pre(Math.abs(value) * 10 ** d <= 2 ** 52)
        const { num, den } = fractionOf(value)
        const scaled = num * 10n ** BigInt(d)
        const n = writtenBy(value, d)
        expect(BigInt(floorUnits(value, d))).toBe(n ?? floorDiv(scaled, den))
        expect(BigInt(ceilUnits(value, d))).toBe(n ?? ceilDiv(scaled, den))
      }),
      { numRuns: 2000 },
    )
  })

  test('0.29 is 29 hundredths although 0.29 × 100 is 28.999999999999996', () => {
    expect(0.29 * 100).toBeLessThan(29)
    expect([floorUnits(0.29, 2), ceilUnits(0.29, 2), exactUnits(0.29, 2)]).toEqual([29, 29, 29])
  })

  test('float noise is no whole number of units: 0.1 + 0.2 lies above three tenths', () => {
    expect(exactUnits(0.1 + 0.2, 1)).toBeNull()
    expect([floorUnits(0.1 + 0.2, 1), ceilUnits(0.1 + 0.2, 1)]).toEqual([3, 4])
  })

  test('fromUnits gives the double that the decimal text reads as', () => {
    fc.assert(fc.property(whole, decimals, (n, d) => fromUnits(n, d) === Number(plainText(BigInt(n), d))))
  })

  test('unitsText writes the shortest text of the exact value', () => {
    fc.assert(
      fc.property(fc.oneof(whole, fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n })), fc.nat(25), (n, d) => {
        const text = unitsText(n, d)
        const full = plainText(BigInt(n), d)
        expect(text).toBe(d === 0 ? full : full.replace(/\.?0+$/, '').replace(/^-?$/, '0'))
        expect(text).not.toMatch(/e|\.$|\.\d*0$/)
      }),
    )
  })

  test.each([
    [-12340, 4, '-1.234'],
    [1, 8, '0.00000001'],
    [-1, 8, '-0.00000001'],
    [0, 8, '0'],
    [-0, 2, '0'],
    [120001, 3, '120.001'],
    [900, 0, '900'],
  ])('unitsText(%d, %d) is %s', (n, d, text) => expect(unitsText(n, d)).toBe(text))
})

describe('wholeQuotient', () => {
  test('is a ÷ b in BigInt, also a unit below a whole number of times and near 2^53', () => {
    const divisor = fc.oneof(
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 1, max: SAFE }),
      fc.nat(15).map((k) => POW10[k]!),
    )
    const share = fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }))
    fc.assert(
      fc.property(divisor, share, fc.integer({ min: -1, max: 1 }), (b, part, off) => {
        const times = Math.floor(part * Number(BigInt(SAFE) / BigInt(b)))
        const a = BigInt(times) * BigInt(b) + BigInt(off)
        fc.pre(a >= 0n && a <= BigInt(SAFE))
        expect(BigInt(wholeQuotient(Number(a), b))).toBe(a / BigInt(b))
      }),
      { numRuns: 5000 },
    )
  })
})

describe('mulDiv', () => {
  test('is a × b ÷ c in BigInt, rounded as asked, and refuses what 2^53 cannot hold', () => {
    const positive = fc.oneof(fc.nat(1000), fc.nat(10 ** 9), fc.integer({ min: 0, max: SAFE }))
    const divisor = fc.oneof(
      fc.integer({ min: 1, max: 1000 }),
      fc.nat(22).map((k) => POW10[k]!),
    )
    fc.assert(
      fc.property(positive, positive, divisor, (a, b, c) => {
        const product = BigInt(a) * BigInt(b)
        for (const [rounding, exact] of [
          ['down', product / BigInt(c)],
          ['up', ceilDiv(product, BigInt(c))],
        ] as const)
          if (exact <= BigInt(SAFE)) expect(BigInt(mulDiv(a, b, c, rounding))).toBe(exact)
          else expect(() => mulDiv(a, b, c, rounding)).toThrow(RangeError)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    [7, 3, 2, 10, 11],
    [SAFE, 1, 1, SAFE, SAFE],
    [SAFE, 999, 1000, 8998192055486250, 8998192055486251],
    [94906267, 94906267, 94906267, 94906267, 94906267],
    [0, SAFE, 7, 0, 0],
  ])('mulDiv(%d, %d, %d) is %d down and %d up', (a, b, c, down, up) => {
    expect([mulDiv(a, b, c, 'down'), mulDiv(a, b, c, 'up')]).toEqual([down, up])
  })
})

test('safe lets whole numbers to 2^53 − 1 through and names what it refuses', () => {
  expect([safe(BigInt(SAFE)), safe(-BigInt(SAFE)), safe(0n)]).toEqual([SAFE, -SAFE, 0])
  expect(() => safe(BigInt(SAFE) + 1n)).toThrow('9007199254740992 units are beyond 2^53')
  expect(() => safe(-BigInt(SAFE) - 2n)).toThrow(RangeError)
})
