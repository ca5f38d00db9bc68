import { expect, test } from 'vitest'
import { exactly, exactText } from '../../../src/runs/paper/parity-money.ts'
import { FROM, filled, parityOf } from './made-session.ts'

const STRATEGY = `import { buy, close, defineStrategy } from 'klinelab'
export default defineStrategy({
  name: 'once',
  onBar({ bar }) {
    const k = (bar.openTime - ${FROM}) / 3600000
    if (k === 2) return buy({ qty: 0.013, id: 'in' })
    if (k === 6) return close({ tag: 'end' })
  },
})
`

/** 0.013 at 100.01 in the backtest; in the session 0.008 of it a tick dearer. */
const parted = (paid: number) => {
  const prices = [100, 100, 100, 100.01, 100, 100, 100, 100, 100]
  return parityOf({
    ...{ strategy: STRATEGY, prices },
    after: (k, run) => {
      if (k === 7) return [filled(run.openOrders()[0]!.id, 7, 100, 0.00065, { qty: 0.013 })] as never
      if (k !== 3) return []
      const parts = [filled('in', 3, 100.01, 0.00025003, { qty: 0.005 }), filled('in', 3, 100.02, paid, { qty: 0.008 })]
      return parts as never
    },
  })
}

test('a fee that is parted among fills is shown with the decimals that its asset has', async () => {
  const { differences, unexplained, unaccounted } = await parted(0.0005)
  // 0.00065007, of which 5 of 13 parts end in no decimal, and 0.00075003 was paid
  const fee = differences.find(({ cause }) => cause === 'fee')!
  expect(fee).toMatchObject({ paper: '0.0005 as taker', backtest: '0.00040008 as taker', money: -0.00009992 })
  for (const { paper, backtest, text } of differences) expect(`${paper} ${backtest} ${text}`).not.toMatch(/\.\d{9}/)
  expect([unexplained, unaccounted]).toEqual([0, []])
})

test('what the parting of a fee leaves of a unit is no other fee', async () => {
  const { differences, unexplained, unaccounted } = await parted(0.00040008)
  expect(differences.map(({ cause }) => cause)).toEqual(['price'])
  expect([unexplained, unaccounted]).toEqual([0, []])
})

test('amounts end at the unit of their asset, rounded to the nearest', () => {
  expect(exactText(exactly(12.5))).toBe('12.5')
  expect(exactText(10n ** 28n / 3n)).toBe('0.33333333')
  expect(exactText((-2n * 10n ** 28n) / 3n)).toBe('-0.66666667')
  expect(exactText(-1n)).toBe('0')
})
