import fc from 'fast-check'
import { expect, test } from 'vitest'
import { didYouMean, nearest } from '../../src/core/suggest.ts'

/** Edits between two words by the definition: the first letters match, or one of three edits is made. */
function edits(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length
  if (a[0] === b[0]) return edits(a.slice(1), b.slice(1))
  return 1 + Math.min(edits(a.slice(1), b), edits(a, b.slice(1)), edits(a.slice(1), b.slice(1)))
}

test('nearest is the first of the known words with the fewest edits, if these are few for its length', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'c'), maxLength: 5 })
  fc.assert(
    fc.property(word, fc.array(word, { maxLength: 6 }), (asked, known) => {
      const counts = known.map((name) => edits(asked.toLowerCase(), name.toLowerCase()))
      const least = Math.min(...counts)
      const expected = least <= Math.max(2, Math.floor(asked.length / 3)) ? known[counts.indexOf(least)] : undefined
      expect(nearest(asked, known)).toBe(expected)
    }),
  )
})

test.each([
  ['fsat', ['fast', 'slow', 'qty'], 'fast'],
  ['FAST', ['fast', 'slow'], 'fast'],
  ['binanse', ['binance', 'binance-usdm'], 'binance'],
  ['takeprofit', ['takeProfit', 'stopLoss'], 'takeProfit'],
  ['slippage', ['fee-maker', 'slippage-bps'], undefined],
  ['xyz', ['fast', 'slow'], undefined],
  ['anything', [], undefined],
])('%s among %j means %s', (word, known, name) => {
  expect(nearest(word, known)).toBe(name)
  expect(didYouMean(word, known)).toBe(name === undefined ? '' : ` (did you mean "${name}"?)`)
})
