import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exactUnits, unitsText } from '../../src/core/decimal.ts'
import type { Instrument } from '../../src/core/instrument.ts'
import { fromLedger, notionalUnits, type Rate, rateOf } from '../../src/core/money.ts'
import { buy, cancel } from '../../src/core/order.ts'
import { Account } from '../../src/engine/account.ts'
import { Books } from '../../src/engine/books.ts'
import { EventLog } from '../../src/engine/event-log.ts'
import { slippageOf } from '../../src/engine/impact.ts'
import { costsOf } from '../../src/engine/index.ts'
import { Margin } from '../../src/engine/margin.ts'
import { Slot } from '../../src/engine/slot.ts'
import { VENUE_COSTS } from '../../src/runs/venue-costs.ts'
import { floorDiv } from '../core/exact.ts'
import { barsOf, FILTERS, marginOf, play, type Row } from './scene.ts'

/**
 * User-data events as Binance sent them, fed through the real books: wallets, positions, entry prices and profits must be
 * the exchange's, to the last digit it states. They lie beside the project: a plain checkout skips what needs them.
 *
 * What cannot be compared: `up`, since the mark price of its moment was not recorded, and `iw`, since every position is
 * cross. Nothing was recorded of funding, of a liquidation, of a partial fill or of an isolated position.
 */
const FOLDER = join(import.meta.dirname, '../../../shared/datasets/ws-events')
const LIFE = 'binance-usdm-userdata-ETHBUSD-2022-01-26.jsonl'
const LATER = 'binance-usdm-userdata-2024-2026.jsonl'
const SPOT = 'binance-spot-testnet-userdata-2020-11-19.jsonl'

interface Trade {
  readonly e: 'ORDER_TRADE_UPDATE'
  readonly o: {
    readonly i: number
    readonly s: string
    readonly S: 'BUY' | 'SELL'
    readonly x: string
    readonly ps: string
    /** Quantity and price of this fill, its commission (below 0: a rebate) and realised profit. */
    readonly l: string
    readonly L: string
    readonly n?: string
    readonly N?: string
    readonly rp: string
    readonly m: boolean
  }
}

interface Update {
  readonly e: 'ACCOUNT_UPDATE'
  readonly a: {
    readonly m: string
    /** Wallet, cross wallet, and what changed it besides profit and commission. */
    readonly B: readonly { readonly a: string; readonly wb: string; readonly cw: string; readonly bc: string }[]
    readonly P: readonly {
      readonly s: string
      readonly pa: string
      readonly ep: string
      readonly cr: string
      readonly bep?: string
    }[]
  }
}

/** Sent ahead of the order's own event, with the fill alone. */
interface Lite {
  readonly e: 'TRADE_LITE'
  readonly s: string
  readonly S: 'BUY' | 'SELL'
  readonly l: string
  readonly L: string
}

type Event = Trade | Update | Lite

/** In their order; of one instant the fills come first, since an update of the account tells what they have made of it. */
function eventsOf(name: string): Event[] {
  const lines = readFileSync(join(FOLDER, name), 'utf8').trim().split('\n')
  const events = lines.map((line) => JSON.parse(line)).map((event) => (event.data ?? event) as Event & { E: number })
  const rank = (event: Event) => (event.e === 'ACCOUNT_UPDATE' ? 1 : 0)
  return events.sort((a, b) => a.E - b.E || rank(a) - rank(b))
}

/** An exchange's number as whole 10^-8. */
function unitsOf(text: string): bigint {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,8}))?$/.exec(text)!
  return BigInt(`${sign}${whole}${fraction.padEnd(8, '0')}`)
}

interface Symbol {
  readonly symbol: string
  readonly base: string
  readonly quote: string
  readonly tick: string
  readonly step: string
}

const ETHBUSD = { symbol: 'ETHBUSD', base: 'ETH', quote: 'BUSD', tick: '0.01', step: '0.001' }
const SOLUSDT = { symbol: 'SOLUSDT', base: 'SOL', quote: 'USDT', tick: '0.01', step: '0.1' }

/** The books of one account with one perpetual, told about executions instead of bars. */
function booksOf({ symbol, base, quote, tick, step }: Symbol, wallet: string) {
  const account = new Account(Number(wallet))
  const price = { min: tick, max: '100000', tick }
  const filters = { ...FILTERS, price, lot: { min: step, max: '9000', step } }
  const instrument: Instrument = {
    ...{ venue: 'binance-usdm', symbol, base, quote, kind: 'perpetual', gridFrom: 'minimum' },
    snapshots: [{ validFrom: 0, filters, source: 'made by hand', orderTypes: [] }],
  }
  const slot = new Slot(
    {
      ...{ instrument, bars: barsOf([[1, 1, 1, 1]]), indicators: {}, also: {}, startRow: 0, readyRow: 0 },
      costs: costsOf({ feeMaker: 0, feeTaker: 0, slippageBps: 0 }),
      margin: marginOf(),
    },
    account.ledger,
    slippageOf({ model: 'bps' }, rateOf(0, 'none'), () => undefined),
  )
  slot.advanceTo(Float64Array.of(slot.bars.openTime[0]! + 3_600_000))
  const log = new EventLog(false, false)
  const margin = new Margin(account, [slot], log, () => undefined)
  const books = new Books(account, margin, null, log)
  const rules = slot.rulesAt(0)
  const fill = (of: Pick<Trade['o'], 'S' | 'l' | 'L'>, fee: Rate | number, isMaker: boolean) => {
    const { priceDecimals, qtyDecimals } = slot.scales
    const price = exactUnits(Number(of.L), priceDecimals)!
    const qty = exactUnits(Number(of.l), qtyDecimals)!
    const order = { id: '1', role: 'order', tag: null } as const
    const entry = { order, side: of.S === 'BUY' ? 1 : -1, qty, price, reference: price, phase: 'open' } as const
    books.enter(slot, { ...entry, isMaker, fee, exitCause: 'signal' }, rules)
    return books.fills.at(-1)!
  }
  return { account, slot, books, fill }
}

/** BUSD-margined contracts of January 2022: the exchange paid makers 0.01 %, takers paid 0.023 %. */
const BUSD = { maker: rateOf(-0.0001, 'maker', 'rebate'), taker: rateOf(0.00023, 'taker') }

/** Feeds a whole life; `feeOf` says what a fill is charged. */
function replay(start: string, feeOf: (order: Trade['o']) => Rate | number) {
  const made = booksOf(ETHBUSD, start)
  const { account, slot } = made
  const seen: Record<string, number> = {}
  const wallets: [theirs: string, ours: string][] = []
  const fees: [theirs: string, ours: number][] = []
  for (const event of eventsOf(LIFE)) {
    const kind =
      event.e === 'ORDER_TRADE_UPDATE' ? `order ${event.o.x}` : event.e === 'ACCOUNT_UPDATE' ? event.a.m : '?'
    seen[kind] = (seen[kind] ?? 0) + 1
    if (event.e === 'ORDER_TRADE_UPDATE' && event.o.x === 'TRADE') {
      const { o } = event
      expect([o.N, o.ps, o.s]).toEqual(['BUSD', 'BOTH', slot.symbol])
      const fill = made.fill(o, feeOf(o), o.m)
      // `rp` is before the commission
      expect(unitsOf(o.rp)).toBe(unitsOf(fill.realised.toFixed(8)))
      fees.push([o.n!, fill.fee])
    }
    if (event.e !== 'ACCOUNT_UPDATE') continue
    for (const { a, wb, cw, bc } of event.a.B) {
      expect(a).toBe('BUSD')
      if (event.a.m === 'DEPOSIT') account.transfer(Number(unitsOf(bc)))
      wallets.push([wb, unitsText(account.wallet, account.ledger.decimals)])
      expect(cw).toBe(wb)
    }
    for (const { s, pa, ep, cr } of event.a.P) {
      expect(s).toBe(slot.symbol)
      expect(unitsOf(pa)).toBe(unitsOf(String(slot.position.qty)))
      expect(slot.position.entryPrice.toFixed(5)).toBe(ep)
      expect(BigInt(account.realised)).toBe(unitsOf(cr))
    }
    const { wallet, start: first, transfersUnits, realised, feesUnits, fundingUnits } = account
    expect(wallet).toBe(first + transfersUnits + realised - feesUnits - fundingUnits)
  }
  return { ...made, seen, wallets, fees }
}

/** The first wallet was told after the first fill, so it says what was there before: 788.59145825 − 0.00074625. */
const BEFORE = '788.590712'

describe.skipIf(!existsSync(join(FOLDER, LIFE)))('a recorded life of a USDS-M position', () => {
  test('with the stated commissions every wallet, position, entry price and profit is the exchange’s', () => {
    const { seen, wallets, books, account, slot } = replay(BEFORE, ({ n }) => Number(unitsOf(n!)))
    // nothing was passed over
    expect(seen).toEqual({ 'order NEW': 2, 'order TRADE': 2, ORDER: 2, DEPOSIT: 1 })
    for (const [theirs, ours] of wallets) expect(unitsOf(ours)).toBe(unitsOf(theirs))
    expect(wallets.map(([theirs]) => theirs)).toEqual(['788.59145825', '1575.59145825', '1575.58581278'])
    expect(books.trades).toHaveLength(1)
    // −0.00393 + 0.00074625 − 0.00171547
    expect(books.trades[0]).toMatchObject({ entryPrice: 2487.51, exitPrice: 2486.2, pnl: -0.00489922 })
    // nothing is held: cash, wallet and equity are one
    expect([account.cost, slot.position.held, account.base]).toEqual([0, 0, 1575.58581278])
  })

  test('with rates in their place ours is at most a unit a fill off, against the trader', () => {
    const { wallets, fees } = replay(BEFORE, ({ m }) => (m ? BUSD.maker : BUSD.taker))
    // 7.46253 × 0.0001 = 0.000746253 received, 7.4586 × 0.00023 = 0.001715478 paid: the exchange cuts both off
    expect(fees).toEqual([
      ['-0.00074625', -0.00074625],
      ['0.00171547', 0.00171548],
    ])
    const off = wallets.map(([theirs, ours]) => unitsOf(theirs) - unitsOf(ours))
    expect(off).toEqual([0n, 0n, 1n])
  })
})

test('a fee of ours is what an exchange cuts off, or a unit more; a rebate is what it cuts off', () => {
  const rates = fc.integer({ min: -2000, max: 2000 }).map((n) => rateOf(n / 10 ** 6, 'rate', 'rebate'))
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 ** 7 }),
      fc.integer({ min: 1, max: 10 ** 6 }),
      rates,
      (price, qty, rate) => {
        const ours = notionalUnits({ decimals: 8 }, price, 2, qty, 3, 'up', rate)
        const exact = BigInt(price) * BigInt(qty) * BigInt(rate.digits) * 1000n
        // BigInt division cuts off towards 0
        const theirs = exact / 10n ** BigInt(rate.decimals)
        const isWhole = floorDiv(exact, 10n ** BigInt(rate.decimals)) * 10n ** BigInt(rate.decimals) === exact
        expect(BigInt(ours) - theirs).toBe(rate.digits > 0 && !isWhole ? 1n : 0n)
      },
    ),
  )
})

describe.skipIf(!existsSync(join(FOLDER, LATER)))('later recordings of USDS-M', () => {
  const events = existsSync(join(FOLDER, LATER)) ? eventsOf(LATER) : []

  test('a fill that was recorded without its commission: position, entry price and break-even price are the exchange’s', () => {
    const lite = events.find((event) => event.e === 'TRADE_LITE')!
    const { a } = events.find((event) => event.e === 'ACCOUNT_UPDATE')!
    const { wb } = a.B[0]!
    const [position] = a.P
    // the only wallet that was told, so that its own change cannot be compared; nor `cr`, which began years before
    const { feeTaker } = VENUE_COSTS['binance-usdm']
    const { slot, account, fill } = booksOf(SOLUSDT, '100')
    const { fee } = fill(lite, rateOf(feeTaker, 'taker'), false)
    expect([lite.s, wb]).toEqual(['SOLUSDT', '1.73744723'])
    expect(unitsOf(position!.pa)).toBe(unitsOf(String(slot.position.qty)))
    expect(slot.position.entryPrice).toBe(Number(position!.ep))
    // what selling must bring for entry and commission: 8.019 + 8.019 × 0.0005 for 0.1
    expect(fee).toBe(0.0040095)
    const paid = slot.position.cost + account.feesUnits
    expect(fromLedger(account.ledger, paid * 10)).toBe(Number(position!.bep))
  })

  test('the rest moved no money: an order of hedge mode, which is not modelled, was accepted and cancelled', () => {
    const rest = events.flatMap((event) => (event.e === 'ORDER_TRADE_UPDATE' ? [event.o] : []))
    expect(rest.map(({ s, ps, x, n }) => [s, ps, x, n])).toEqual([
      ['BTCUSDT', 'LONG', 'NEW', '0'],
      ['BTCUSDT', 'LONG', 'CANCELED', '0'],
      ['SOLUSDT', 'BOTH', 'NEW', '0'],
    ])
    expect(events).toHaveLength(rest.length + 2)
  })
})

describe.skipIf(!existsSync(join(FOLDER, SPOT)))('recorded on the spot testnet, which charges nothing', () => {
  test('a resting order locks its notional and a cancel gives it back', () => {
    interface Balances {
      readonly e: string
      readonly B: readonly { readonly a: string; readonly f: string; readonly l: string }[]
    }
    const balances = eventsOf(SPOT)
      .map((event) => event as unknown as Balances)
      .filter(({ e }) => e === 'outboundAccountPosition')
      .map(({ B }) => B.find(({ a }) => a === 'USDT')!)
    const seen: [string, string][] = []
    const flat: Row = [9500, 9510, 9490, 9500]
    play({
      rows: [flat, flat, flat],
      cash: 9870,
      decide: { 0: () => buy({ id: 'a', qty: 0.01, limit: 9000 }), 1: () => cancel('a') },
      onInstant: ({ account }) => seen.push([unitsText(account.freeUnits, 8), unitsText(account.locked, 8)]),
    })
    const theirs = balances.map(({ f, l }) => [unitsOf(f), unitsOf(l)])
    expect(theirs).toHaveLength(2)
    expect(seen.slice(0, 2).map(([f, l]) => [unitsOf(f), unitsOf(l)])).toEqual(theirs)
  })
})
