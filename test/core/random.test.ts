import { expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'

/** mulberry32 by its published definition, with 32-bit arithmetic spelled out in BigInt. */
function* mulberry32(seed: number): Generator<number> {
  const cut = (n: bigint) => BigInt.asUintN(32, n)
  for (let state = cut(BigInt(seed)); ; ) {
    state = cut(state + 0x6d2b79f5n)
    let z = cut((state ^ (state >> 15n)) * (state | 1n))
    z ^= cut(z + cut((z ^ (z >> 7n)) * (z | 61n)))
    yield Number(z ^ (z >> 14n)) / 2 ** 32
  }
}

test.each([0, 1, 42, 4294967295, -1, 2 ** 33 + 7])('seed %d gives the published sequence', (seed) => {
  const random = seededRandom(seed)
  const reference = mulberry32(seed)
  for (let k = 0; k < 1000; k++) expect(random()).toBe(reference.next().value)
})

test('sources do not share their state, and values lie in [0, 1)', () => {
  const [a, b] = [seededRandom(7), seededRandom(7)]
  const first = Array.from({ length: 1000 }, a)
  expect(first).toEqual(Array.from({ length: 1000 }, b))
  expect(Math.min(...first)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...first)).toBeLessThan(1)
  expect(new Set(first).size).toBeGreaterThan(990)
})
