import { expect, test } from 'vitest'
import { buy } from '../../src/core/order.ts'
import { costsOf, defineStrategy, Engine } from '../../src/engine/index.ts'
import { barsOf, FILTERS, HOUR, instrumentOf, type Row } from './scene.ts'

const FLAT: Row = [100, 101, 99, 100]

/** Twenty like bars told at once: a strategy that asks once and then looks on. What ended a stretch of them, and at which open. */
function ends(request: ReturnType<typeof buy>, later?: string) {
  const instrument = instrumentOf({ lot: { min: '0.5', max: '9000', step: '0.5' } })
  const [first] = instrument.snapshots
  const rules = {
    ...first!,
    validFrom: 12 * HOUR,
    filters: { ...FILTERS, lot: { min: '1', max: '9000', step: later! } },
  }
  const bars = barsOf(Array.from({ length: 20 }, () => FLAT))
  const strategy = defineStrategy({
    name: 'looks-on',
    onBar: ({ bar }) => (bar.openTime === 0 ? request : undefined),
  })
  const engine = new Engine({
    ...{ strategy, params: {}, cash: 10_000, instants: 20, limitTouch: false },
    slots: [
      {
        instrument: later === undefined ? instrument : { ...instrument, snapshots: [first!, rules] },
        bars,
        indicators: {},
        also: {},
        startRow: 0,
        readyRow: 0,
        costs: costsOf({ feeMaker: 0, feeTaker: 0, slippageBps: 0, feeAsset: 'quote' }),
        margin: null,
      },
    ],
  })
  engine.onInstants(bars.openTime, HOUR, 0, 20)
  return engine.events.flatMap(({ type, at }) =>
    type === 'accepted' || type === 'fill' ? [] : [`${type} at ${at / HOUR}`],
  )
}

test('rule 19: filters that come into force in the midst of quiet bars do at their open', () => {
  expect(ends(buy({ qty: 1.5 }))).toEqual([])
  expect(ends(buy({ qty: 1.5 }), '1')).toEqual(['dust at 12'])
})

test('rule 6: an order out of reach expires at the open of its time, in the midst of quiet bars', () => {
  expect(ends(buy({ qty: 1, limit: 50, tif: 'GTD', expiresAt: 7 * HOUR }))).toEqual(['cancelled at 7'])
})
