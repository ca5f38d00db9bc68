import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDecimal, readTime } from '../../src/data/csv-cells.ts'

/** The cell stands between others, as it does in a file. */
function within<T>(text: string, read: (bytes: Uint8Array, from: number, to: number) => T): T {
  const bytes = new TextEncoder().encode(`9,${text},9`)
  return read(bytes, 2, bytes.length - 2)
}

/** 1e-8 units of a decimal cell, or why it is none. */
function units(text: string): bigint | string {
  const out = { whole: 0, fraction: 0, isNegative: false }
  const reason = within(text, (bytes, from, to) => readDecimal(bytes, from, to, out))
  if (reason !== null) return reason
  const size = BigInt(out.whole) * 100_000_000n + BigInt(out.fraction)
  return out.isNegative ? -size : size
}

const time = (text: string) => within(text, readTime)

describe('decimals are read exactly', () => {
  test('whatever their size, sign and trailing zeros', () => {
    const parts = fc.tuple(fc.boolean(), fc.nat(Number.MAX_SAFE_INTEGER), fc.nat(99_999_999), fc.nat(5))
    fc.assert(
      fc.property(parts, ([isNegative, whole, fraction, zeros]) => {
        const text = `${whole}.${String(fraction).padStart(8, '0')}${'0'.repeat(zeros)}`
        const size = BigInt(whole) * 100_000_000n + BigInt(fraction)
        expect(units(isNegative ? `-${text}` : text)).toBe(isNegative ? -size : size)
        expect(units(`"${text}"`)).toBe(size)
        if (fraction !== 0) expect(units(text.replace(/0+$/, ''))).toBe(size)
        expect(units(String(whole))).toBe(BigInt(whole) * 100_000_000n)
      }),
    )
  })

  test('with a power of ten, as Python writes small and large numbers', () => {
    const parts = fc.tuple(fc.nat(999_999), fc.integer({ min: -8, max: 6 }), fc.constantFrom('e', 'E'), fc.nat(3))
    fc.assert(
      fc.property(parts, ([digits, power, letter, padding]) => {
        // digits × 10^power is digits × 10^(power + 8) units, a whole number
        const size = BigInt(digits) * 10n ** BigInt(power + 8)
        const sign = power < 0 ? '-' : '+'
        expect(units(`${digits}${letter}${sign}${String(Math.abs(power)).padStart(padding > 2 ? 2 : 1, '0')}`)).toBe(
          size,
        )
        const [first, rest] = [String(digits).slice(0, 1), String(digits).slice(1)]
        if (rest !== '') expect(units(`${first}.${rest}${letter}${power + rest.length}`)).toBe(size)
      }),
    )
    expect(units('1.865e-05')).toBe(1865n)
    expect(units('1e-9')).toMatch(
      /^has more than 8 decimals, .*: take a market that counts in thousands, .* or round it /,
    )
    expect(units('1e99')).toBe('is too large')
  })

  test.each([
    '',
    '-',
    '.',
    '.5',
    '5.',
    '1,5',
    '1 5',
    '+1',
    '0x10',
    '1e',
    'e5',
    '1e5.5',
    '1e1000',
    '--1',
    '1.2.3',
    'NaN',
    '""',
    '"',
    '١',
  ])('and %j is none', (text) => {
    expect(units(text)).toMatch(/is empty|is not a plain decimal number/)
  })
})

describe('times are read as UTC milliseconds', () => {
  test('from seconds, milliseconds, microseconds, nanoseconds and ISO text alike', () => {
    // 2001-09-09, the first with ten digits of seconds, to the end of this century
    fc.assert(
      fc.property(fc.integer({ min: 1_000_000_000, max: 4_102_444_799 }), fc.nat(999), (seconds, ms) => {
        const at = seconds * 1000 + ms
        const iso = new Date(at).toISOString()
        for (const text of [
          `${at}`,
          `${at}000`,
          `${at}000000`,
          iso,
          iso.replace('T', ' ').replace('Z', ''),
          `"${iso}"`,
        ])
          expect(time(text)).toBe(at)
        expect(time(String(seconds))).toBe(seconds * 1000)
        expect(time(iso.slice(0, 10))).toBe(Date.parse(`${iso.slice(0, 10)}T00:00:00Z`))
        // what is finer than a millisecond is seen, and rounds down to it
        for (const text of [`${at}999`, `${at}999999`, `${at}000001`]) {
          expect(time(text)).not.toBe(at)
          expect(Math.floor(time(text))).toBe(at)
        }
      }),
    )
  })

  test.each([
    '',
    '0',
    '1704067200',
    '20240101',
    '20240101120000',
    '2024-13-01',
    '2024-02-30',
    '2024-1-1',
    '01/02/2024',
    '2024-01-01T25:00',
    'now',
    '-1704067200000',
    '1704067200.5',
  ])('%j is one of ten digits or none', (text) => {
    if (text.length === 10 && /^\d+$/.test(text)) expect(time(text)).toBe(Number(text) * 1000)
    else expect(time(text)).toBeNaN()
  })
})
