import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buy, sell } from '../../src/core/order.ts'
import { eventsOf, play as playScene, type Row } from '../engine/scene.ts'
import { play } from './run.ts'
import { scenario } from './scenario.ts'

const UNIT = 1e-8

test('what a long pays in funding a mirrored short receives, to the last unit', () => {
  let charged = 0
  const rate = fc.integer({ min: -75_000, max: 75_000 }).map((n) => n / 1e7)
  const price = fc.integer({ min: 5_000, max: 20_000 }).map((cents) => cents / 100)
  const hours = fc.array(fc.tuple(rate, price), { minLength: 2, maxLength: 12 })
  fc.assert(
    fc.property(hours, fc.integer({ min: 1, max: 5000 }), (steps, thousandths) => {
      const rows: Row[] = [[100, 100, 100, 100], [100, 100, 100, 100], ...steps.map(() => [100, 101, 99, 100] as const)]
      const scene = {
        rows,
        kind: 'perpetual',
        cash: 10_000,
        funding: steps.map(([of, mark], k) => [k + 2, of, mark] as const),
      } as const
      const qty = thousandths / 1000
      const [long, short] = [buy, sell].map((side) => playScene({ ...scene, decide: { 0: () => side({ qty }) } }))
      const [paid, received] = [eventsOf(long!, 'funding'), eventsOf(short!, 'funding')]
      expect(paid).toHaveLength(steps.length)
      expect(received).toHaveLength(steps.length)
      for (const [k, event] of paid.entries()) {
        const [rateAt, mark] = steps[k]!
        const owed = qty * mark * rateAt
        expect(event.paid + received[k]!.paid).toBe(0)
        // cut off below the unit
        expect(Math.abs(event.paid - owed)).toBeLessThan(1.01 * UNIT)
        if (owed !== 0) charged++
      }
      // and the books show what the events tell
      expect(long!.funding).toBeCloseTo(
        paid.reduce((sum, event) => sum + event.paid, 0),
        7,
      )
    }),
    { numRuns: 150 },
  )
  expect(charged).toBeGreaterThan(500)
})

test('a liquidation leaves no loss beyond the margin unless the bar opened beyond it, and then it says how much', () => {
  const counts = { inside: 0, gap: 0, short: 0, partial: 0 }
  const perpetual = scenario().filter(({ kind }) => kind === 'perpetual')
  fc.assert(
    fc.property(
      fc.record({ of: perpetual, mode: fc.constantFrom('cross' as const, 'isolated' as const) }),
      ({ of, mode }) => {
        const run = play({ ...of, mode })
        let before: ReturnType<typeof eventsOf<'liquidation'>>[number] | null = null
        for (const event of eventsOf(run, 'liquidation')) {
          // what one part cost no longer stands behind the next
          if (before?.symbol === event.symbol && before.at === event.at && before.held - before.qty === event.held) {
            counts.partial++
            expect(event.balance - before.balance).toBeCloseTo(before.walletAfter - before.walletBefore, 6)
          }
          before = event
          counts[event.isGap ? 'gap' : 'inside']++
          if (event.shortfall > 0) counts.short++
          // an entry that slipped in this very bar may itself lie beyond: nobody's margin covers what was never there
          const isNew = run.fills.some(
            ({ symbol, time, role }) => symbol === event.symbol && time === event.at && role === 'order',
          )
          // below 0 it is what other positions on cross margin have lost already
          if (!event.isGap && !isNew && event.balance >= 0) expect(event.shortfall).toBe(0)
          // what is taken is what the position lost, the fee included: never more than stood behind it, but for the shortfall
          const lost = event.walletBefore - event.walletAfter
          if (event.qty === event.held) expect(lost).toBeLessThanOrEqual(event.balance + event.shortfall + 2 * UNIT)
          expect(event.fee).toBeGreaterThanOrEqual(0)
          expect(event.balance + event.unrealised).toBeLessThanOrEqual(event.maintenance + UNIT)
        }
      },
    ),
    { numRuns: 400 },
  )
  expect(counts.inside).toBeGreaterThan(20)
  expect(counts.gap).toBeGreaterThan(2)
  expect(counts.partial).toBeGreaterThan(5)
})
