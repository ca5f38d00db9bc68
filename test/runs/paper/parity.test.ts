import { describe, expect, test } from 'vitest'
import type { ParityCause, ParityDocument } from '../../../src/core/parity.ts'
import type { JournalRecord } from '../../../src/runs/paper/session-record.ts'
import { FROM, filled, hour, type Made, PRICES, parityOf, SYMBOL } from './made-session.ts'

/**
 * Buys 2 at 101 (hour 3) and sells at 110 (hour 7): 18 earned, fees 0.0005 × (202 + 220) = 0.211.
 */
const NET = 17.789
const [IN, OUT] = [0.101, 0.11]

const entry = (price = 101, fee = IN, late?: number) => filled('in', 3, price, fee, late === undefined ? {} : { late })
const exit = (price = 110, fee = OUT) => filled('out', 7, price, fee)

const told = (first: readonly JournalRecord[], last: readonly JournalRecord[] = [exit()]): Made => ({
  after: { 3: first, 7: last },
})

/** Money by cause, those without any left out. */
const moneyOf = ({ causes }: ParityDocument) =>
  Object.fromEntries(causes.filter(({ count }) => count > 0).map(({ cause, money }) => [cause, money]))

/** The whole of it lies in one cause, and adds up. */
function expectOne(document: ParityDocument, cause: ParityCause, money: number): void {
  expect(document.differences.map((one) => one.cause)).toEqual([cause])
  expect(moneyOf(document)).toEqual({ [cause]: money })
  expect(document.unexplained).toBe(0)
  expect(document.unaccounted).toEqual([])
  expect(document.same).toBe(false)
  const { paper, backtest } = document.netProfit
  expect(paper - backtest).toBeCloseTo(money, 8)
}

describe('a session at an exchange that filled as the backtest does', () => {
  test('differs in nothing', async () => {
    const document = await parityOf(told([entry()]))
    expect(document).toMatchObject({
      ...{ same: true, differences: [], unexplained: 0, unaccounted: [] },
      ...{ netProfit: { paper: NET, backtest: NET }, fills: { paper: 2, backtest: 2 } },
      ...{ from: hour(0), to: hour(10), days: 10 / 24, bars: 10, mode: 'live' },
    })
    expect(document.remarks).toEqual([
      expect.stringContaining(`binance-usdm:${SYMBOL}:1h: no bars of its time are stored`),
    ])
  })

  test('nor where it closes what it does not hold, at every bar: no order comes of it', async () => {
    const strategy = `import { buy, close, defineStrategy, sell } from 'klinelab'
export default defineStrategy({
  name: 'once',
  onBar({ bar, position }) {
    const k = (bar.openTime - ${FROM}) / 3600000
    if (k === 2) return [close(), buy({ qty: 2, id: 'in' })]
    if (k === 6) return sell({ qty: 2, id: 'out', reduceOnly: true })
    return position.qty === 0 ? close() : null
  },
})
`
    const made = { strategy, ...told([entry()]) }
    expect(await parityOf(made)).toMatchObject({
      ...{ same: true, differences: [], unexplained: 0, unaccounted: [] },
      ...{ netProfit: { paper: NET, backtest: NET }, fills: { paper: 2, backtest: 2 } },
    })
    expect(await parityOf({ strategy, fills: 'bars' })).toMatchObject({ same: true, differences: [] })
  })
})

describe('each difference has its money in its cause', () => {
  test('a fill two ticks worse, with the fee on them', async () => {
    // 2 × 0.02 more paid, and 0.0005 of it
    const document = await parityOf(told([entry(101.02, 0.10102)]))
    expectOne(document, 'price', -0.04002)
    expect(document.differences[0]).toMatchObject({
      ...{ symbol: SYMBOL, at: hour(3) + 120, text: 'order in (buy) filled at another price' },
      ...{ paper: 'buy 2 at 101.02', backtest: 'buy 2 at 101' },
    })
  })

  test('a fee at another rate', async () => {
    // 0.0004 instead of 0.0005 of 202
    const document = await parityOf(told([entry(101, 0.0808)]))
    expectOne(document, 'fee', 0.0202)
    expect(document.differences[0]).toMatchObject({ paper: '0.0808 as taker', backtest: '0.101 as taker' })
  })

  test('an order that filled on the next bar', async () => {
    // 2 × 3 more paid, and 0.0005 of it
    const document = await parityOf({ after: { 4: [filled('in', 4, 104, 0.104, { late: 5000 })], 7: [exit()] } })
    expectOne(document, 'timing', -6.003)
    expect(document.differences[0]).toMatchObject({
      text: 'order in (buy) filled on another bar',
      ...{ paper: 'buy 2 at 104, 2023-01-01T04:00:05', backtest: 'buy 2 at 101, 2023-01-01T03:00' },
    })
  })

  test('an order that the exchange refused, and all that would have come of it', async () => {
    const refused: JournalRecord = {
      kind: 'told',
      told: {
        ...{ kind: 'ended', symbol: SYMBOL, order: 'in', reason: 'refused' },
        ...{ why: '-2019 Margin is insufficient.', at: hour(3) + 90 },
      },
    }
    const document = await parityOf(told([refused], []))
    expectOne(document, 'filter', -NET)
    expect(document.differences[0]!.text).toBe(
      'order in (buy) was refused in the session: -2019 Margin is insufficient., and what followed until 2023-01-01T07:00',
    )
  })

  test('funding that was not charged', async () => {
    // 2 × 104 × 0.0001, while it was held
    const document = await parityOf({ ...told([entry()]), rates: [[5, 0.0001, 104]] })
    expectOne(document, 'funding', 0.0208)
    expect(document.differences[0]!.text).toBe('funding of 2023-01-01T05:00 was not charged')
    const charged: JournalRecord = {
      kind: 'told',
      told: { kind: 'funding', symbol: SYMBOL, paid: '0.0208', rate: '0.0001', mark: '104', at: hour(5) + 3 },
    }
    const both = { 3: [entry()], 5: [charged], 7: [exit()] }
    expect(await parityOf({ after: both, rates: [[5, 0.0001, 104]] })).toMatchObject({ same: true })
    // what is stored of no time the exchange's own word stands for
    expect(await parityOf({ after: both })).toMatchObject({ same: true, netProfit: { backtest: NET - 0.0208 } })
  })

  test('a bar that was revised since', async () => {
    // sold at 111: 2 more, less 0.0005 of it
    const stored = PRICES.map((price, k) => (k === 7 ? 111 : price))
    const document = await parityOf({ fills: 'bars', stored })
    expectOne(document, 'data', -1.999)
    expect(document.netProfit).toEqual({ paper: NET, backtest: 19.788 })
    expect(document.differences[0]).toMatchObject({
      at: hour(7),
      paper: '110 110 110 110 (10)',
      backtest: '111 111 111 111 (10)',
    })
    expect(document.differences[0]!.text).toContain('has been revised: open 111 instead of 110')
  })

  test('a bar that did not come, and one that came too late', async () => {
    // without the bar of hour 3 the order meets that of hour 4, at 104
    const prices = PRICES.map((price, k) => (k === 3 ? null : price))
    const document = await parityOf({ fills: 'bars', prices, stored: PRICES })
    expectOne(document, 'data', -6.003)
    expect(document.differences[0]!.text).toContain('did not come')
    const bar = { slot: 0, openTime: hour(3), open: 101, high: 101, low: 101, close: 101, volume: 10 }
    const remark = { kind: 'late', bar, at: hour(4), by: 12_300 } as const
    const after = { 5: [{ kind: 'remark', at: hour(5), remark } as const] }
    const late = await parityOf({ fills: 'bars', prices, after })
    expectOne(late, 'data', -6.003)
    expect(late.differences[0]!.text).toContain('came 12.3 s after its close')
    expect(late.days).toBeCloseTo(9 / 24, 12)
  })

  test('a halt by hand', async () => {
    const command = (k: number, what: 'halt' | 'resume'): JournalRecord => ({
      ...{ kind: 'command', at: hour(k), command: what, why: 'the news', by: 'a person' },
    })
    // to resume what is not halted does nothing, and is no difference
    const after = { 1: [command(1, 'resume')], 2: [command(2, 'halt')], 5: [command(5, 'resume')] }
    const document = await parityOf({ fills: 'bars', after })
    expectOne(document, 'state', -NET)
    expect(document.differences[0]!.text).toBe('the session was halted by a person until 2023-01-01T05:00: the news')
    // ten hours, of which it was halted for three
    expect(document.days).toBeCloseTo(7 / 24, 12)
  })

  test('funding of bars that was not told, was told otherwise, and was told a bar late', async () => {
    const local = { fills: 'bars', isFunded: true, rates: [[5, 0.0001, 104]] } as const
    const rate = { slot: 0, time: hour(5), rate: 0.0001, mark: 104 }
    const missed = await parityOf(local)
    expectOne(missed, 'funding', 0.0208)
    expect(missed.differences[0]!.text).toBe('the funding of 2023-01-01T05:00 was not told')
    // 2 × 104 × 0.0003
    const other = await parityOf({ ...local, funding: { 5: [{ ...rate, rate: 0.0003 }] } })
    expectOne(other, 'funding', 0.0208 - 0.0624)
    expect(other.differences[0]).toMatchObject({ paper: '0.0003 at 104', backtest: '0.0001 at 104' })
    expect(await parityOf({ ...local, funding: { 5: [rate] } })).toMatchObject({ same: true, differences: [] })
    const late = await parityOf({ ...local, funding: { 6: [rate] } })
    expectOne(late, 'funding', 0)
    expect(late.differences[0]!.text).toContain('came after its bar had closed')
  })

  test('all of them at once', async () => {
    const document = await parityOf({
      after: { 3: [entry(101.02, 0.0808)], 7: [filled('out', 7, 109.5, 0.1095)] },
      rates: [[5, 0.0001, 104]],
      stored: PRICES.map((price, k) => (k === 7 ? 111 : price)),
    })
    // sold 0.5 lower: 1 less, and 0.0005 of it; the fee of the entry is 0.02022 below the rate
    expect(moneyOf(document)).toEqual({ data: -1.999, price: -0.04002 - 0.9995, fee: 0.02022, funding: 0.0208 })
    expect(document.unexplained).toBe(0)
  })
})
