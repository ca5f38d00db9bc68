import type { LedgerVerdict } from '../../src/core/ledger.ts'
import { judgeOverfitting } from '../../src/metrics/overfitting.ts'
import { madeReturns } from '../search/made-trials.ts'

const known = Array.from({ length: 12 }, (_, k) => ({ returns: madeReturns(k) }))

/** Of one of thirteen trials, twelve of them over the same days. */
export const madeVerdict: LedgerVerdict = {
  ...{ lines: 15, trials: 13, failed: 1, first: Date.UTC(2026, 0, 1), last: Date.UTC(2026, 1, 3, 4), compared: 12 },
  byName: [
    { name: 'sma-cross', trials: 9 },
    { name: 'b', trials: 1 },
    { name: 'c', trials: 1 },
    { name: 'd', trials: 1 },
    { name: 'e', trials: 1 },
  ],
  byVerb: [{ verb: 'sweep', trials: 13 }],
  ...{ unreadable: 0, view: { name: null, series: null }, chosen: null },
  overfitting: judgeOverfitting(known[0]!.returns, known, { trials: 13, trades: 40 }),
}
