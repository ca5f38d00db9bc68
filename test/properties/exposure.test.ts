import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Engine } from '../../src/engine/index.ts'
import { play } from './run.ts'
import { scenario } from './scenario.ts'

test('exposure, worked out after the run, is what was held at each mark over equity, to the last bit', () => {
  let held = 0
  fc.assert(
    fc.property(scenario(), (of) => {
      const expected: number[] = []
      const look = (engine: Engine, at: number) => {
        let gross = 0
        // dust is no position
        for (const { position, marks, cursor } of engine.slots)
          if (position.qty !== 0) gross += Math.abs(position.heldQty * marks[cursor.row]!)
        expected[times.indexOf(at) === -1 ? times.push(at) - 1 : times.indexOf(at)] =
          gross === 0 ? 0 : gross / engine.account.equity
      }
      const times: number[] = []
      const { equity } = play(of, { onInstant: look })
      expect([...equity.exposure]).toEqual(expected)
      held += expected.filter((value) => value !== 0).length
    }),
    { numRuns: 150 },
  )
  expect(held).toBeGreaterThan(200)
})
