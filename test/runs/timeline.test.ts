import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defineStrategy } from '../../src/index.ts'
import { simulate } from '../../src/runs/simulate.ts'
import { barsOf, HOUR, instrumentOf } from '../engine/scene.ts'

const idle = defineStrategy({ name: 'idle', onBar() {} })
const COSTS = { feeMaker: 0, feeTaker: 0, slippageBps: 0 }

/** Which hours each symbol has a bar of; at least one. */
const hours = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }).filter((has) => has.includes(true))

test('the instants of a run are those at which any of its series has a bar, ascending, each once', () => {
  fc.assert(
    fc.property(fc.array(hours, { minLength: 1, maxLength: 4 }), (all) => {
      const slots = all.map((has, k) => {
        const symbol = `S${k}USDT`
        const rows = has.map((is) => (is ? ([1, 1, 1, 1] as const) : null))
        return { instrument: instrumentOf({}, symbol), bars: barsOf(rows, '1h', symbol), costs: COSTS }
      })
      const options = { strategy: idle, params: {}, slots, from: 0, cash: 100, limitTouch: false, closeAtEnd: false }
      const { equity } = simulate(options).result
      const closes = slots.flatMap(({ bars }) => Array.from(bars.openTime, (open) => open + HOUR))
      expect([...equity.time]).toEqual([...new Set(closes)].sort((a, b) => a - b))
    }),
    { numRuns: 300 },
  )
})
