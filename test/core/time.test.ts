import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { parseTime, timeName } from '../../src/core/time.ts'

const zone = process.env['TZ']
afterEach(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

describe('parseTime', () => {
  test.each([
    ['1970-01-01', 0],
    ['2023-01-01', 1672531200000],
    ['2023-01-01T12:00', 1672574400000],
    ['2023-01-01T12:00:30', 1672574430000],
    ['2023-01-01T12:00:30Z', 1672574430000],
    ['2023-01-01T12:00Z', 1672574400000],
    ['2023-01-01T12:00:30.250', 1672574430250],
    ['2024-02-29', 1709164800000],
    [' 2023-01-01 ', 1672531200000],
  ])('%s is %d', (text, ms) => expect(parseTime(text)).toBe(ms))

  test.each(['America/New_York', 'Asia/Kolkata', 'Pacific/Auckland'])('is UTC on a machine in %s', (place) => {
    process.env['TZ'] = place
    // a clock change of that machine (2023-03-12T02:30 does not exist in New York) moves nothing
    expect(new Date(2023, 0, 1).getTimezoneOffset()).not.toBe(0)
    expect(parseTime('2023-03-12T02:30')).toBe(1678588200000)
    expect(parseTime('2023-01-01')).toBe(1672531200000)
    expect(timeName(1678588200000)).toBe('2023-03-12T02:30')
  })

  test.each([
    '2023-02-29', '2023-02-30', '2023-04-31', '2023-13-01', '2023-00-10', '2023-01-00', '2023-01-32', '2023-01-01T24:00',
    '2023-01-01T12:60', '2023-01-01T12:00:60', '2023-1-1', '01.02.2023', '2023/01/01', '20230101', '1672531200000',
    '2023-01-01T12', '2023-01-01 12:00', '2023-01-01T12:00+02:00', '2023-01-01T12:00:00.5', '2023-01-01Z', 'yesterday', '',
    '2023', '2023-01', 'NaN', '-2023-01-01',
  ])('refuses %j and quotes it', (text) => {
    expect(() => parseTime(text)).toThrow(RangeError)
    expect(() => parseTime(text)).toThrow(`"${text}" is not a time`)
  }) // biome-ignore format: a table of words
})

describe('timeName', () => {
  test.each([
    [0, '1970-01-01'],
    [1672574400000, '2023-01-01T12:00'],
    [1672574430000, '2023-01-01T12:00:30'],
    [1672574430500, '2023-01-01T12:00:30.500'],
    [1672531200001, '2023-01-01T00:00:00.001'],
  ])('%d is %s', (ms, text) => expect(timeName(ms)).toBe(text))

  test('is read back as the same moment, whatever it left out', () => {
    const times = fc.integer({ min: Date.UTC(1970), max: Date.UTC(2100) })
    const round = fc.tuple(times, fc.constantFrom(1, 1000, 60_000, 3_600_000, 86_400_000))
    fc.assert(
      fc.property(round, ([time, unit]) => {
        const at = time - (time % unit)
        expect(parseTime(timeName(at))).toBe(at)
        expect(parseTime(new Date(at).toISOString())).toBe(at)
      }),
    )
  })
})
