import { expect, test } from 'vitest'
import type { JournalRecord } from '../../../src/runs/paper/session-record.ts'
import { FROM, filled, hour, type Made, parityOf, SYMBOL } from './made-session.ts'

/** As the others trade once (hours 3 to 7), and then for half of the equity, which is sized by what the first came to. */
const SIZED = `import { buy, close, defineStrategy, sell } from 'klinelab'
export default defineStrategy({
  name: 'once',
  onBar({ bar }) {
    const k = (bar.openTime - ${FROM}) / 3600000
    if (k === 2) return buy({ qty: 2, id: 'in' })
    if (k === 6) return sell({ qty: 2, id: 'out', reduceOnly: true })
    if (k === 8) return buy({ fraction: 0.5, id: 'more' })
    if (k === 10) return close({ tag: 'end' })
  },
})
`
const PRICES = [100, 100, 100, 101, 104, 104, 107, 110, 110, 110.01, 110, 120, 120]

const fee = (qty: number, price: number) => Math.ceil(Math.round(qty * price * 0.0005 * 1e10) / 100) / 1e8
const fill = (id: string, k: number, qty: number, paid = fee(qty, PRICES[k]!)) =>
  filled(id, k, PRICES[k]!, paid, { qty })

/** The first entry is otherwise, and what comes after it as the engine sends it. */
const sized = (
  first: JournalRecord,
  more: (qty: number, id: string) => Record<number, readonly JournalRecord[]>,
): Made => ({
  ...{ strategy: SIZED, prices: PRICES },
  after: (k, run) => {
    const orders = run.openOrders()
    const qty = orders.find(({ id }) => id === 'more')?.qty ?? run.positionOf(SYMBOL).qty
    const all = { 3: [first], 7: [fill('out', 7, 2)], ...more(qty, orders[0]?.id ?? '') }
    return (all[k as keyof typeof all] ?? []) as never
  },
})
const both = (qty: number, id: string) => ({ 9: [fill('more', 9, qty)], 11: [fill(id, 11, qty)] })

test('a size that follows from another equity has the cause of what first moved it, and the quantities by which it differs', async () => {
  // 2 × 1 more paid: half of 10,015.788 and of 10,017.789, at 110 and its fee. Of fees nothing is said, though parted they end in fractions
  const { differences, unexplained, unaccounted } = await parityOf(sized(filled('in', 3, 102, 0.102), both))
  expect(differences).toMatchObject([
    { cause: 'price', money: -2.001 },
    {
      cause: 'price',
      text: 'order more (buy) was of another size in the session: 45.503 for 45.512, as equity had moved since 2023-01-01T03:00:00.120 (price), and what followed until 2023-01-01T11:00',
      ...{ paper: 'nothing', backtest: 'buy 0.009 at 110.01, 2023-01-01T09:00, sell 0.009 at 120, 2023-01-01T11:00' },
      // 0.009 × 9.99, less fees of both: 0.001035045, rounded as each was
      money: -0.08887496,
    },
  ])
  expect([unexplained, unaccounted]).toEqual([0, []])
})

test('another fee is of cause fee, and a size that follows from it is equity carried over', async () => {
  const { differences, unexplained, unaccounted } = await parityOf(sized(filled('in', 3, 101, 2.101), both))
  expect(differences).toMatchObject([
    { cause: 'fee', money: -2 },
    { cause: 'state', text: expect.stringContaining('as equity had moved since 2023-01-01T03:00:00.120 (fee)') },
  ])
  expect([unexplained, unaccounted]).toEqual([0, []])
})

test('an order that a halt took off the book of the backtest alone is no matter of its size', async () => {
  const halt: JournalRecord = { kind: 'command', at: hour(9) + 500, command: 'halt', why: 'news', by: 'a person' }
  const made = sized(filled('in', 3, 100, 0.1), (qty, id) => ({ ...both(qty, id), 9: [fill('more', 9, qty), halt] }))
  const { differences, unexplained, unaccounted } = await parityOf(made)
  const [, , last] = differences
  expect(differences.map(({ cause }) => cause)).toEqual(['state', 'price', 'state'])
  expect(last).toMatchObject({ backtest: 'nothing', paper: expect.stringContaining('buy 45.521 at 110.01') })
  expect(last!.text).toContain('order more (buy) was taken off the book in the backtest')
  // the halt is of the bar that had closed, as the log says
  expect(differences[0]!.at).toBe(hour(9))
  expect([unexplained, unaccounted]).toEqual([0, []])
})

test('a stop that the exchange turns away at its trigger is a filter, with all that it would have spared', async () => {
  const strategy = `import { buy, close, defineStrategy } from 'klinelab'
export default defineStrategy({
  name: 'once',
  onBar({ bar }) {
    const k = (bar.openTime - ${FROM}) / 3600000
    if (k === 2) return buy({ qty: 2, id: 'in', stopLoss: 98 })
    if (k === 6) return close({ tag: 'end' })
  },
})
`
  const prices = [100, 100, 100, 100, 98, 96, 94, 90, 90]
  const document = await parityOf({
    ...{ strategy, prices },
    after: (k, run) => {
      const price = prices[k]!
      if (k === 3) return [filled('in', 3, price, 0.1)] as never
      const [order] = run.openOrders()
      if (k === 7) return [filled(order!.id, 7, price, 0.09)] as never
      const stop = run.openOrders().find(({ role }) => role === 'stop')
      if (k !== 5 || stop === undefined) return []
      const of = { symbol: SYMBOL, order: stop.id, at: hour(4) + 900 }
      const why = '-2021 Order would immediately trigger.'
      return [
        { kind: 'told', told: { kind: 'triggered', ...of } },
        { kind: 'told', told: { kind: 'ended', ...of, reason: 'refused', why } },
      ]
    },
  })
  // 2 × (90 − 98), and the fees of both ends: 0.098 − 0.09
  expect(document.differences).toMatchObject([{ cause: 'filter', money: -15.992 }])
  expect(document.differences[0]!.text).toMatch(/^order \w+ \(stop, sell\) was refused in the session: -2021 /)
  expect([document.unexplained, document.unaccounted]).toEqual([0, []])
})
