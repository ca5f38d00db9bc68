import { expect, test } from 'vitest'
import { scratch } from '../cli/klinelab.ts'
import { chaosRound } from './chaos-round.ts'
import { QUICK } from './fault-menu.ts'

/** `npm run chaos -- --minutes 10 --seed 1` goes on for as long as it is told, with what takes longer too. */
const KINDS = QUICK.filter((kind) => kind !== 'ban' && kind !== 'rate-limit' && kind !== 'filters')

test('a session that is killed, cut off and lied to comes to what its exchange comes to', async () => {
  const { violations, counts, faults } = await chaosRound({
    ...{
      seed: 6,
      round: 1,
      folder: scratch(),
      bars: 10,
      kinds: KINDS,
      beat: 50,
      patience: 20_000,
      isRestCut: true,
      isTakenAway: true,
    },
  })
  expect(violations).toEqual([])
  expect(counts.kills).toBeGreaterThan(0)
  expect(counts.fills).toBeGreaterThan(0)
  expect(Object.keys(faults).length).toBeGreaterThan(0)
}, 120_000)
