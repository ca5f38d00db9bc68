import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Dimension } from '../../src/core/search.ts'
import { bool, choice, int, num } from '../../src/engine/params.ts'
import { niceStep, parseDimension, parseSpace } from '../../src/search/space.ts'
import { axisOf } from '../../src/search/space-axis.ts'

const SPECS = {
  fast: int(20, { min: 2, max: 200 }),
  slow: int(50, { min: 5, max: 1000 }),
  threshold: num(0.5, { min: 0, max: 1 }),
  rate: num(0.01),
  kind: choice('ema', 'sma', 'wma'),
  invert: bool(false),
}

const only = (setting: string) => parseSpace([setting], SPECS)
const values = (dimension: Dimension) => {
  const axis = axisOf(dimension)
  return Array.from({ length: axis.size }, (_, k) => axis.at(k))
}

describe('what --set may say', () => {
  test('ranges, lists and single values, in the order in which they were written', () => {
    expect(
      parseSpace(
        [
          'slow=120..500:20',
          'kind=sma, ema',
          'fast=10..100',
          'threshold=0.25',
          'invert=true,false',
          'rate=0.0001..0.1:log',
        ],
        SPECS,
      ),
    ).toEqual({
      dimensions: [
        { name: 'slow', kind: 'int', from: 120, to: 500, step: 20, isLog: false },
        { name: 'kind', kind: 'list', values: ['sma', 'ema'] },
        { name: 'fast', kind: 'int', from: 10, to: 100, step: null, isLog: false },
        { name: 'invert', kind: 'list', values: [true, false] },
        { name: 'rate', kind: 'num', from: 0.0001, to: 0.1, step: null, isLog: true },
      ],
      fixed: { threshold: 0.25 },
    })
  })

  test('where nothing is declared, numbers without a point are whole, and words are words', () => {
    const parsed = parseSpace(['a=1..9', 'b=1.0..9', 'c=1..3:0.5', 'd=x,y', 'e=true', 'f=-3..-1:1', 'g=1e-3..1'], null)
    expect(parsed.fixed).toEqual({ e: true })
    expect(parsed.dimensions.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'a int',
      'b num',
      'c num',
      'd list',
      'f int',
      'g num',
    ])
    expect(values(parsed.dimensions[4]!)).toEqual([-3, -2, -1])
  })

  test('steps do not drift: every value is the double that its decimal reads as', () => {
    const tenths = parseDimension('threshold', '0.1..0.9:0.1', SPECS.threshold)
    expect(values(tenths)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    expect(values(parseDimension('x', '-0.3..0.3:0.1', null))).toEqual([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3])
    fc.assert(
      fc.property(
        fc.integer({ min: -100_000, max: 100_000 }),
        fc.integer({ min: 1, max: 999 }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 12 }),
        (first, step, steps, decimals) => {
          const written = (units: number) => `${units}e-${decimals}`
          const text = `${written(first)}..${written(first + step * steps)}:${written(step)}`
          const expected = Array.from({ length: steps + 1 }, (_, k) => Number(written(first + step * k)) + 0)
          expect(values(parseDimension('x', text, num(0)))).toEqual(expected)
        },
      ),
    )
  })

  test('numbers of more digits than 2^53 keep their steps', () => {
    expect(values(parseDimension('x', '1e-30..5e-30:1e-30', num(0)))).toEqual([1e-30, 2e-30, 3e-30, 4e-30, 5e-30])
    const far = values(parseDimension('x', '12345678.00000001..12345678.00000009:0.00000002', num(0)))
    expect(far).toEqual([12345678.00000001, 12345678.00000003, 12345678.00000005, 12345678.00000007, 12345678.00000009])
  })

  test('a step that is proposed is of 1, 2 or 5 and leads from one end to the other', () => {
    expect(niceStep(10, 100)).toBe(10)
    expect(niceStep(0.1, 0.75)).toBe(0.05)
    expect(niceStep(7, 20)).toBe(1)
    expect(niceStep(0, 1)).toBe(1)
    expect(niceStep(0.5, 1.5)).toBe(0.1)
    fc.assert(
      fc.property(fc.integer({ min: -500, max: 500 }), fc.integer({ min: 1, max: 900 }), (from, width) => {
        const step = niceStep(from, from + width)
        expect(width % step).toBe(0)
        expect(String(step)).toMatch(/^[125]0*$/)
      }),
    )
  })
})

describe('what --set may not say', () => {
  // biome-ignore format: a table, one case a line
  test.each([
    ['fast', '--set fast: write a name and its values, such as fast=10..100:10 or kind=ema,sma'],
    ['=3', '--set =3: write a name and its values, such as fast=10..100:10 or kind=ema,sma'],
    ['fats=3', '--set fats=3: there is no parameter "fats" (did you mean "fast"?); there are fast, slow, threshold, rate, kind, invert'],
    ['fast=', '--set fast=: a value is missing; write fast=VALUE or fast=ONE,OTHER'],
    ['fast=10,,20', '--set fast=10,,20: a value is missing; write fast=VALUE or fast=ONE,OTHER'],
    ['fast=ten', '--set fast=ten: parameter fast is "ten": write a number'],
    ['fast=NaN', '--set fast=NaN: parameter fast is "NaN": write a number'],
    ['fast=10..Infinity', '--set fast=10..Infinity: parameter fast is "Infinity": write a number'],
    ['fast=10.5', '--set fast=10.5: parameter fast is 10.5: write a whole number'],
    ['fast=1..100:10', '--set fast=1..100:10: parameter fast is 1: it goes from 2 to 200'],
    ['fast=10..300:10', '--set fast=10..300:10: parameter fast is 300: it goes from 2 to 200'],
    ['fast=10,20,201', '--set fast=10,20,201: parameter fast is 201: it goes from 2 to 200'],
    ['fast=100..10:10', '--set fast=100..10:10: the range goes from 100 down to 10; write fast=10..100:10'],
    ['fast=100..10:-10', '--set fast=100..10:-10: the range goes from 100 down to 10; write fast=10..100:10'],
    ['fast=100..10', '--set fast=100..10: the range goes from 100 down to 10; write fast=10..100'],
    ['fast=10..100:0', '--set fast=10..100:0: a step is above 0, not 0; write fast=10..100:10'],
    ['fast=10..100:-10', '--set fast=10..100:-10: a step is above 0, not -10; write fast=10..100:10'],
    ['fast=10..100:2.5', '--set fast=10..100:2.5: fast is a whole number, its step cannot be 2.5; write fast=10..100:10'],
    ['fast=10..100:40', '--set fast=10..100:40: steps of 40 from 10 come to 90, not to 100; write fast=10..90:40'],
    ['fast=10..100:91', '--set fast=10..100:91: a step of 91 is longer than the way from 10 to 100; write fast=10,100'],
    ['fast=10..100:', '--set fast=10..100:: "" is no step; write a number, as in fast=10..100:10, or log'],
    ['fast=10..100:ln', '--set fast=10..100:ln: "ln" is no step; write a number, as in fast=10..100:10, or log'],
    ['threshold=0..1:NaN', '--set threshold=0..1:NaN: "NaN" is no step; write a number, as in threshold=0..1:1, or log'],
    ['threshold=0..1:log', '--set threshold=0..1:log: a logarithmic range begins above 0, not at 0'],
    ['threshold=0..1:1e-17', '--set threshold=0..1:1e-17: steps of 1e-17 cannot be told apart near 1; take a wider one, or leave it out'],
    ['fast=10,20,10', '--set fast=10,20,10: 10 is listed twice; write it once'],
    ['fast=10,10.0', '--set fast=10,10.0: 10 is listed twice; write it once'],
    ['kind=ema,smma', '--set kind=ema,smma: parameter kind is "smma" (did you mean "sma"?): one of ema, sma, wma'],
    ['kind=ema..sma', '--set kind=ema..sma: only numbers have ranges; write a list, such as kind=ema,sma,wma'],
    ['invert=yes', '--set invert=yes: parameter invert is "yes": write true or false'],
    ['invert=false..true', '--set invert=false..true: only numbers have ranges; write a list, such as invert=true,false'],
  ])('%s', (setting, message) => {
    expect(() => only(setting)).toThrow(new RangeError(message))
  })

  // biome-ignore format: a table, one case a line
  test.each([
    ['x=1,a', '--set x=1,a: numbers and words cannot be mixed (1 and a)'],
    ['x=NaN', '--set x=NaN: "NaN" is not a finite number'],
    ['x=1..Infinity', '--set x=1..Infinity: "Infinity" is not a finite number'],
    ['x=a..b', '--set x=a..b: only numbers have ranges; write a list, such as x=ONE,OTHER'],
    ['x=0..9007199254740993', '--set x=0..9007199254740993: whole numbers beyond 2^53 cannot be told apart; write smaller ones'],
  ])('of what is not declared: %s', (setting, message) => {
    expect(() => parseSpace([setting], null)).toThrow(new RangeError(message))
  })

  test('the same parameter twice', () => {
    expect(() => parseSpace(['fast=10..20:5', 'fast=30'], SPECS)).toThrow(
      new RangeError('--set fast=30: fast was set before, to 10..20:5; leave one of them out'),
    )
  })
})

describe('points of a parameter', () => {
  const dimensions: readonly Dimension[] = [
    ...['fast=10..100:10', 'fast=3..150', 'slow=5..900:log', 'kind=ema,sma,wma', 'threshold=0.1..0.9:0.1'].flatMap(
      (setting) => only(setting).dimensions,
    ),
  ]

  test.each(dimensions)('every value of $name ($kind) comes from its own share and from no other', (dimension) => {
    const axis = axisOf(dimension)
    let end = 0
    for (let k = 0; k < axis.size; k++) {
      const [low, high] = axis.cell(axis.at(k))
      expect(low).toBeCloseTo(end, 12)
      expect(axis.from((low + high) / 2)).toBe(axis.at(k))
      expect(axis.from(low + (high - low) * 1e-6)).toBe(axis.at(k))
      expect(axis.from(high - (high - low) * 1e-6)).toBe(axis.at(k))
      end = high
    }
    expect(end).toBe(1)
  })

  test('steps have equal shares, a logarithmic scale equal ratios', () => {
    const log = axisOf({ name: 'x', kind: 'num', from: 0.001, to: 10, step: null, isLog: true })
    expect(log.from(0)).toBeCloseTo(0.001, 15)
    expect(log.from(0.25)).toBeCloseTo(0.01, 12)
    expect(log.from(0.75)).toBeCloseTo(1, 12)
    expect(log.cell(0.1)[0]).toBeCloseTo(0.5, 12)
    const ints = axisOf({ name: 'x', kind: 'int', from: 1, to: 100, step: null, isLog: true })
    // a half below 1 to a half above 1, of a half to 100.5
    expect(ints.cell(1)[1]).toBeCloseTo(Math.log(3) / Math.log(201), 12)
  })
})
