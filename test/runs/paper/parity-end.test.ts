import { describe, expect, test } from 'vitest'
import type { JournalRecord } from '../../../src/runs/paper/session-record.ts'
import { filled, hour, parityOf, SYMBOL } from './made-session.ts'

/** The entry is sent at the close of the third bar, the exit at that of the seventh. */
const ENTRY = [100, 100, 100]
const EXIT = [100, 100, 100, 101, 104, 104, 107]
/** As the backtest fills it, on the bar after. */
const IN = filled('in', 3, 101, 0.101)

const funding: JournalRecord = {
  kind: 'told',
  told: { kind: 'funding', symbol: SYMBOL, paid: '0.214', rate: '0.001', mark: '107', at: hour(7) + 1 },
}

describe('what an exchange tells after a session’s last bar', () => {
  test.each([
    // 2 × (100 − 101) − 0.101, at the last close
    ['an entry', ENTRY, { 3: [IN] }, { cause: 'timing', money: -2.101 }, { paper: -2.101, backtest: 0 }],
    // the backtest holds at 107 what was sold at 108: 2 × 1 − 0.108
    [
      'an exit',
      EXIT,
      { 3: [IN], 7: [filled('out', 7, 108, 0.108)] },
      { cause: 'timing', money: 1.892 },
      { paper: 13.791, backtest: 11.899 },
    ],
    [
      'funding',
      EXIT,
      { 3: [IN], 7: [funding] },
      { cause: 'funding', money: -0.214 },
      { paper: 11.685, backtest: 11.899 },
    ],
  ] as const)('is in what it came to, and has its cause: %s', async (_, prices, after, difference, netProfit) => {
    const document = await parityOf({ prices, after })
    expect(document.differences).toMatchObject([difference])
    expect(document).toMatchObject({ netProfit, unexplained: 0, unaccounted: [] })
  })

  test('is said to be of a bar that the backtest has not had', async () => {
    const { differences } = await parityOf({ prices: ENTRY, after: { 3: [IN] } })
    expect(differences[0]!.text).toBe('order in (buy) was not filled in the backtest, whose bars end before that')
  })
})
