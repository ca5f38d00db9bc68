import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Dimension, Params } from '../../src/core/search.ts'
import { parseWhere } from '../../src/search/where.ts'

const DIMENSIONS: readonly Dimension[] = [
  { name: 'fast', kind: 'int', from: 1, to: 100, step: null, isLog: false },
  { name: 'slow', kind: 'int', from: 1, to: 500, step: null, isLog: false },
  { name: 'kind', kind: 'list', values: ['ema', 'sma'] },
  { name: 'invert', kind: 'list', values: [true, false] },
]
const OTHERS = { qty: 0.1, fast: 7 }
const PARAMS = { fast: 10, slow: 30, kind: 'ema', invert: true }

const allows = (text: string, params: Params = PARAMS) => parseWhere([text], DIMENSIONS, OTHERS)!.allows(params)

describe('constraints', () => {
  // biome-ignore format: a table, one case a line
  test.each([
    ['fast < slow', true],
    ['fast < slow && fast * 3 <= slow', true],
    ['fast * 3 < slow', false],
    ['slow - fast - 20 == 0', true],
    ['slow / fast / 3 == 1', true],
    ['2 + 3 * 4 == 14', true],
    ['(2 + 3) * 4 == 20', true],
    ['slow % 4 == 2', true],
    ['-fast < -9.5', true],
    ["kind == 'ema' && fast >= 10 || slow > 1000", true],
    ["kind != 'ema' && fast >= 10 || slow > 1000", false],
    // && binds tighter than ||
    ["kind == 'ema' || fast > 99 && slow > 999", true],
    ['!invert', false],
    ['!(fast > slow)', true],
    ['invert == true', true],
    ['invert == (fast > slow)', false],
    ['kind == "ema"', true],
    ['fast == 1e1 && qty == .1', true],
    ['1e-1 == qty', true],
    // nothing divided by nothing is no number, and no number is more or less than another
    ['(fast - fast) / (slow - slow) < 1', false],
  ])('%s is %s', (text, expected) => {
    expect(allows(text)).toBe(expected)
  })

  test('all of several must hold', () => {
    const where = parseWhere(['fast < slow', "kind == 'sma' || invert"], DIMENSIONS, OTHERS)!
    expect(where.text).toBe("(fast < slow) && (kind == 'sma' || invert)")
    expect(where.allows(PARAMS)).toBe(true)
    expect(where.allows({ ...PARAMS, slow: 3 })).toBe(false)
    expect(where.allows({ ...PARAMS, invert: false })).toBe(false)
    expect(parseWhere([], DIMENSIONS, OTHERS)).toBeNull()
  })

  test('paths of a model are names with points', () => {
    const paths: readonly Dimension[] = [
      { name: 'model.members.0.trees', kind: 'int', from: 1, to: 9, step: null, isLog: false },
      { name: 'label.horizon', kind: 'int', from: 1, to: 9, step: null, isLog: false },
    ]
    const where = parseWhere(['model.members.0.trees*.5<label.horizon'], paths, { missing: 'drop' })!
    expect(where.allows({ 'model.members.0.trees': 5, 'label.horizon': 3 })).toBe(true)
    expect(where.allows({ 'model.members.0.trees': 6, 'label.horizon': 3 })).toBe(false)
  })

  test('a parameter that is searched has its own value, one that is not that of the run', () => {
    expect(allows('fast == 10')).toBe(true)
    expect(allows('qty == 0.1')).toBe(true)
  })

  const number: fc.Memo<string> = fc.memo((depth) =>
    depth <= 1
      ? fc.constantFrom('fast', 'slow', 'qty', '3', '0.5', '2e1', '.25')
      : fc.oneof(
          number(1),
          fc
            .tuple(number(depth - 1), fc.constantFrom('+', '-', '*', '/', '%'), number(depth - 1))
            .map((all) => all.join(' ')),
          number(depth - 1).map((inner) => `(${inner})`),
          number(1).map((inner) => `-${inner}`),
        ),
  )
  const truth: fc.Memo<string> = fc.memo((depth) =>
    depth <= 1
      ? fc.oneof(
          fc.tuple(number(3), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), number(3)).map((all) => all.join('')),
          fc.constantFrom("kind == 'ema'", "'sma' != kind", 'invert', '!invert', 'true', 'false'),
        )
      : fc.oneof(
          truth(1),
          fc.tuple(truth(depth - 1), fc.constantFrom('&&', '||'), truth(depth - 1)).map((all) => all.join(' ')),
          truth(depth - 1).map((inner) => `!(${inner})`),
        ),
  )

  test('come to what JavaScript makes of the same text', () => {
    fc.assert(
      fc.property(
        truth(4),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (text, fast, slow, invert) => {
          const params = { fast, slow, kind: 'ema', invert }
          expect(allows(text, params)).toBe(runInNewContext(text, { ...OTHERS, ...params }))
        },
      ),
      { numRuns: 400 },
    )
  })

  test('no text makes anything else than a constraint or a RangeError that quotes it', () => {
    const piece = fc.constantFrom(
      'fast',
      'constructor',
      '__proto__',
      'process',
      '(',
      ')',
      '.',
      '[',
      ']',
      '=>',
      '=',
      '&&',
      '!',
      '1',
      "'",
      '"',
      '`',
      ';',
      '==',
      ' ',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 12 }).map((all) => all.join('')),
        ),
        (text) => {
          try {
            expect(typeof allows(text)).toBe('boolean')
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError)
            expect((error as Error).message.startsWith(`--where '${text}', character `)).toBe(true)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('what is no constraint', () => {
  const NAMES = 'there are qty, fast, slow, kind, invert, and words stand in quotes'
  // biome-ignore format: a table, one case a line
  test.each([
    ['fast < slwo', 8, `there is no parameter "slwo" (did you mean "slow"?); ${NAMES}`],
    ['kind == ema', 9, `there is no parameter "ema"; ${NAMES}`],
    ['constructor == 1', 1, `there is no parameter "constructor"; ${NAMES}`],
    ['', 1, 'something is missing at the end'],
    ['fast <', 7, 'something is missing at the end'],
    ['fast', 1, 'this is a number, not a constraint; write a comparison, such as fast < slow'],
    ['fast + 1', 1, 'this is a number, not a constraint; write a comparison, such as fast < slow'],
    ['fast = slow', 6, 'write == to compare'],
    ['fast < slow & invert', 13, 'write &&'],
    ['fast < slow | invert', 13, 'write ||'],
    ['(fast < slow', 1, 'this "(" is not closed'],
    ['fast < slow)', 12, 'nothing was opened that this ")" closes'],
    ['fast < slow fast', 13, '"fast" was not expected here'],
    ['1 < fast < 5', 10, 'comparisons cannot be chained; write a < b && b < c'],
    ['fast < * 3', 8, 'a value was expected in place of "*"'],
    ["kind == 'ema", 9, 'this quote is not closed'],
    ['kind == 3', 6, '"==" compares a word with a number'],
    ['kind < 3', 1, '"<" needs a number here, and this is a word'],
    ['fast + invert > 3', 8, '"+" needs a number here, and this is true or false'],
    ['fast && invert', 1, '"&&" needs true or false here, and this is a number'],
    ['!fast', 2, '"!" needs true or false here, and this is a number'],
    ['-kind > 1', 2, '"-" needs a number here, and this is a word'],
    ['fast ** 2 > 4', 7, 'a value was expected in place of "*"'],
    ['max(fast, slow) > 3', 9, '"," means nothing here; there are numbers, names, words in quotes and && || <= >= == != < > + - * / % ! ( )'],
    ['fast.valueOf > 3', 1, 'there is no parameter "fast.valueOf"; there are qty, fast, slow, kind, invert, and words stand in quotes'],
    ['fast . slow > 3', 6, '"." means nothing here; there are numbers, names, words in quotes and && || <= >= == != < > + - * / % ! ( )'],
    ['fast. > 3', 5, '"." means nothing here; there are numbers, names, words in quotes and && || <= >= == != < > + - * / % ! ( )'],
    [`${'('.repeat(101)}1`, 102, 'more than 100 things inside one another'],
  ])('%s', (text, at, message) => {
    expect(() => allows(text)).toThrow(new RangeError(`--where '${text}', character ${at}: ${message}`))
  })
})
