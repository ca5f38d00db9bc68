import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import type { LiveInput, LiveRun } from '../../../src/runs/paper/live-run.ts'
import type { JournalRecord } from '../../../src/runs/paper/session-record.ts'
import { FROM, hour, parityOf, SYMBOL } from './made-session.ts'

/** Market orders sized by equity, with brackets, and limits: the same on the same bars, whatever was filled. */
const RESTLESS = `import { buy, close, defineStrategy, sell } from 'klinelab'
export default defineStrategy({
  name: 'once',
  onBar({ bar, position, orders }) {
    const k = (bar.openTime - ${FROM}) / 3600000
    const pick = (k * 7919) % 11
    if (position.qty !== 0) return pick < 3 ? close() : undefined
    if (orders.length > 0) return undefined
    if (pick < 3) return buy({ fraction: 0.5, stopLoss: { distance: 3 }, takeProfit: { distance: 4 } })
    if (pick === 4) return sell({ fraction: 0.3 })
    if (pick === 5) return buy({ qty: 0.7, limit: bar.close - 1 })
  },
})
`

const cents = (value: number) => Math.round(value * 100) / 100
const units = (value: number) => Math.round(value * 1e8)

/** An exchange with ways of its own: ticks off, late, in parts, with other fees, and now and then it refuses. */
function moodyExchange(prices: readonly number[], draw: () => number) {
  return (k: number, run: LiveRun): (LiveInput & JournalRecord)[] => {
    const price = prices[k]
    if (price === undefined) return []
    if (draw() < 0.03) return [{ kind: 'command', at: hour(k), command: 'halt', why: 'mood', by: 'a person' }]
    if (draw() < 0.2) return [{ kind: 'command', at: hour(k), command: 'resume', why: 'mood', by: 'a person' }]
    const [order] = run.openOrders()
    if (order === undefined || draw() < 0.15) return []
    const at = hour(k) + 100 + Math.floor(draw() * 1000)
    const of = { symbol: SYMBOL, order: order.id, at }
    const { qty: held } = run.positionOf(SYMBOL)
    const isClose = order.role === 'close' || order.reduceOnly
    if (draw() < 0.08 && !isClose)
      return [{ kind: 'told', told: { kind: 'ended', ...of, reason: 'refused', why: '-4131 by mood' } }]
    const level = order.limit ?? order.trigger
    const isReached =
      level === null || (order.type === 'limit') === (order.side === 'buy') ? price <= (level ?? price) : price >= level
    if (!isReached) return []
    const left = isClose ? Math.abs(held) : order.qty
    const qty = !isClose && draw() < 0.2 ? Math.max(0.001, Math.floor(left * 500) / 1000) : left
    if (!(qty > 0)) return []
    const paid = cents(price + Math.floor(draw() * 5 - 2) / 100)
    const fee = (Math.ceil(qty * paid * (draw() < 0.7 ? 0.0005 : 0.0004) * 1e8) / 1e8).toFixed(8)
    const told = { kind: 'fill', ...of, qty: qty.toFixed(3), price: String(paid), fee, liquidity: 'taker' } as const
    return [{ kind: 'told', told }]
  }
}

test('whatever an exchange does, every unit has a cause, and the parts add up to the whole', async () => {
  const seen = new Set<string>()
  const session = fc.record({ seed: fc.integer({ min: 1, max: 1e6 }), revised: fc.array(fc.nat(59), { maxLength: 2 }) })
  await fc.assert(
    fc.asyncProperty(session, async ({ seed, revised }) => {
      const draw = seededRandom(seed)
      const prices: number[] = [100]
      while (prices.length < 67) prices.push(cents(prices.at(-1)! + (draw() - 0.5) * 4))
      // the last bar asks for an order, which is filled after it
      const after = moodyExchange([...prices, cents(prices.at(-1)! + 1)], draw)
      const stored = prices.map((price, k) => (revised.includes(k) ? cents(price + 0.5) : price))
      const document = await parityOf({
        ...{
          strategy: RESTLESS,
          prices,
          after,
          rates: [
            [8, 0.0001, 100],
            [16, -0.0002, 100],
          ],
        },
        ...(revised.length > 0 && { stored }),
      })
      const { causes, differences, netProfit, unexplained, unaccounted } = document
      const sum = (list: readonly { readonly money: number }[]) =>
        list.reduce((all, { money }) => all + units(money), 0)
      expect(sum(causes) + units(unexplained)).toBe(units(netProfit.paper) - units(netProfit.backtest))
      expect(sum(differences)).toBe(sum(causes))
      expect([unexplained, unaccounted]).toEqual([0, []])
      // prices of cents and quantities of thousandths are whole units of the ledger: there is nothing to round
      expect(differences.filter(({ text }) => text.includes('rounded'))).toEqual([])
      for (const { cause } of differences) seen.add(cause)
    }),
    { numRuns: 25, seed: 8 },
  )
  expect([...seen].sort()).toEqual(['data', 'fee', 'filter', 'funding', 'price', 'state', 'timing'])
})
