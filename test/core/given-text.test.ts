import { expect, test } from 'vitest'
import { givenText } from '../../src/core/given-text.ts'

test.each<readonly [value: unknown, text: string]>([
  [Object.create(null), '{}'],
  [{}, '{}'],
  [{ constructor: 1 }, 'an object of constructor'],
  [Object.assign(Object.create(null), { fast: 5 }), 'an object of fast'],
  [new Date(0), 'a Date'],
  [new Map([[1, 2]]), 'a Map'],
  [new Float64Array(2), 'a Float64Array'],
  [['5'], 'a list of "5"'],
  [null, 'null'],
])('%o is called %s', (value, text) => expect(givenText(value)).toBe(text))
