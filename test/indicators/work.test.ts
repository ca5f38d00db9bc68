/**
 * The work a bar does not grow with the period, or only with its logarithm: counted, not timed. Amortised over the bars, as
 * windows are renewed once per period.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { batchColumns } from '../../src/indicators/index.ts'
import { StepCounter } from '../contracts/count-steps.ts'
import type { IndicatorCase } from '../contracts/test-indicator.ts'
import { CASES } from './cases.ts'
import { barsFrom, market } from './market.ts'

const ROWS = 6_000
/** Read from ordered windows: a search tree, O(log n). */
const ORDERED = ['cci', 'rollingMedian', 'rollingQuantile']

const counter = new StepCounter()
afterAll(() => counter.close())

/** Markets on which a sloppy window does its worst: every bar a new extreme, or none for a long time. */
const line = (price: (row: number) => number) => {
  const column = Array.from({ length: ROWS }, (_, row) => price(row))
  return barsFrom({ open: column, high: column, low: column, close: column, volume: column }, 2)
}
const MARKETS = {
  'a random walk': market(1, ROWS),
  'a rise that never ends': line((row) => 100 + row),
  'a fall that never ends': line((row) => 100 + ROWS - row),
  'a saw': line((row) => 100 + (row % 700)),
  'one price': line(() => 100),
  'two sides that part': line((row) => 20_000 + (row % 2 === 0 ? row : -row)),
}

describe.each(Object.entries(MARKETS))('on %s', (_, bars) => {
  const periodic = CASES.filter((it) => it.withPeriod !== undefined).map((it) => [it.name, it] as const)
  const stepsOf = (it: IndicatorCase, period: number) =>
    counter.count(() => batchColumns({ it: it.withPeriod!(period) }, bars)) / ROWS

  test.each(periodic.filter(([name]) => !ORDERED.includes(name)))('%s: as much for period 400 as for 10', (_, it) => {
    const [short, long] = [stepsOf(it, 10), stepsOf(it, 400)]
    expect(short).toBeGreaterThan(0.5)
    expect(long / short).toBeLessThan(1.5)
  })

  test.each(periodic.filter(([name]) => ORDERED.includes(name)))('%s: with the logarithm of the period', (_, it) => {
    const [none, short, long] = [stepsOf(it, 32), stepsOf(it, 100), stepsOf(it, 2_000)]
    expect(short).toBeGreaterThan(10)
    // log2(2000) / log2(100) = 1.65; trees may be lopsided; what grows with the period would be 20
    expect(long / short).toBeLessThan(3)
    // up to 32 the window is an array, in which numbers are moved along: never more work than the smallest tree's twice over
    expect(none / short).toBeLessThan(2)
  })
})

test('nothing in a kernel is done by a built-in whose own loop would not be counted', () => {
  const folder = join(import.meta.dirname, '../../src/indicators')
  // plan, ring and what grows fill and move rows once per column, chunk or live bar, and the definitions only describe
  const kernels = readdirSync(folder).filter(
    (file) => !['plan.ts', 'ring.ts', 'growing-indicators.ts', 'define.ts', 'index.ts'].includes(file),
  )
  expect(kernels.length).toBeGreaterThan(20)
  for (const file of kernels) {
    const code = readFileSync(join(folder, file), 'utf8')
    const outsideConstructors = code.replace(/constructor\([\s\S]*?\n {2}\}/g, '').replace(/^ {2}readonly #.*$/gm, '')
    expect(outsideConstructors, file).not.toMatch(
      /\.(sort|fill|slice|subarray|set|copyWithin|reduce|indexOf|includes|findIndex|map|filter|forEach|shift|unshift|splice)\(|\(\.\.\./,
    )
  }
})
