import type { Bars } from '../core/bar.ts'
import { exactUnits, parseDecimal, unitsText } from '../core/decimal.ts'
import { type Instrument, NOT_KNOWN } from '../core/instrument.ts'
import type { OrderView } from '../core/order.ts'
import { compileRules, type ReferenceAt, scalesOf } from '../engine/index.ts'

/** One filter that an order was held to: what it looked at, and between what bounds that had to lie. */
interface FilterCheck {
  readonly filter: string
  readonly value: string
  readonly bounds: string
}

export interface Checks {
  /** The snapshot of filters in force. */
  readonly source: string
  /** UTC ms; `null` where nobody has stored filters of the symbol. */
  readonly validFrom: number | null
  readonly rows: readonly FilterCheck[]
}

export interface Judged {
  /** As it was accepted: prices and quantity are on the grid. */
  readonly order: OrderView
  readonly at: number
  readonly instrument: Instrument
  readonly bars: Bars
  /** Last bar that was closed when it was accepted. */
  readonly row: number
  readonly isFeeReceived: boolean
  readonly marks: Float64Array | null
  readonly referenceAt: ReferenceAt | null
  /** Open orders of the instrument ahead of it. */
  readonly open: readonly OrderView[]
  /** What was held, base asset. */
  readonly held: number
}

/** The bounds an order was judged against, as they stood when it was accepted (fills.md 18). */
export function checksOf(judged: Judged): Checks {
  const { order, instrument, at } = judged
  const snapshot = instrument.snapshots.findLast(({ validFrom }) => validFrom <= at) ?? instrument.snapshots[0]!
  const { source, validFrom } = snapshot
  const scales = scalesOf(instrument, judged.bars.priceDecimals, judged.isFeeReceived)
  const rules = compileRules(instrument, snapshot, scales)
  const scale: Scale = {
    rules,
    price: { text: (units) => unitsText(units, scales.priceDecimals), of: (n) => exactUnits(n, scales.priceDecimals)! },
    qty: { text: (units) => unitsText(units, scales.qtyDecimals), of: (n) => exactUnits(n, scales.qtyDecimals)! },
    notional: (units) => unitsText(units, scales.priceDecimals + scales.qtyDecimals),
  }
  // a close() with nothing to close is kept without a look at its quantity
  const isEmpty = order.role === 'close' && order.qty === 0
  const rows = isEmpty
    ? []
    : [
        ...priceRows(judged, scale),
        ...percentRows(judged, scale),
        ...lotRows(judged, scale),
        ...notionalRows(judged, scale),
        ...countRows(judged, scale),
      ]
  return {
    source,
    validFrom: validFrom === NOT_KNOWN ? null : validFrom,
    rows: rows.filter(({ bounds }) => bounds !== ''),
  }
}

type Rules = ReturnType<typeof compileRules>

interface Units {
  text(units: number | bigint): string
  of(value: number): number
}

/** Whole units of one instrument, to and fro. */
interface Scale {
  readonly rules: Rules
  readonly price: Units
  readonly qty: Units
  notional(units: bigint): string
}

function gridText({ step, min, max }: Rules['lot'], name: string, { text }: Units): string {
  return said(
    `${name} ${text(step)}`,
    min > 0 && `at least ${text(min)}`,
    max < Number.POSITIVE_INFINITY && `at most ${text(max)}`,
  )
}

function said(...parts: readonly (string | false)[]): string {
  return parts.filter((part) => part !== false).join(', ')
}

function priceRows({ order: { limit, trigger } }: Judged, { rules, price }: Scale): FilterCheck[] {
  if (rules.filters.price === undefined) return []
  const row = (name: string, value: number | null) =>
    value === null
      ? []
      : [
          {
            filter: 'PRICE_FILTER',
            value: `${name} ${price.text(price.of(value))}`,
            bounds: gridText(rules.price, 'tick', price),
          },
        ]
  return [...row('limit', limit), ...row('trigger', trigger)]
}

/** PERCENT_PRICE and PERCENT_PRICE_BY_SIDE bound limit prices by multiples of a reference. */
function percentRows(
  { order, instrument, bars, marks, row, referenceAt }: Judged,
  { rules, price }: Scale,
): FilterCheck[] {
  const { limit } = order
  if (limit === null) return []
  const { percentPrice, percentPriceBySide } = rules.filters
  const minutes = (percentPriceBySide ?? percentPrice)?.avgPriceMins ?? 0
  const isAsked = instrument.kind === 'spot' && minutes > 0 && referenceAt !== null
  const average = isAsked ? referenceAt(row, minutes) : Number.NaN
  const isAverage = Number.isFinite(average)
  const reference = isAverage ? average : (marks ?? bars.close)[row]!
  const name = isAverage ? `the average of ${minutes} minutes` : marks === null ? 'the last close' : 'the mark price'
  return rules.percent.map(({ filter, buy, sell }) => {
    const { up, down } = order.side === 'buy' ? buy : sell
    const bounds = said(
      down !== null && `at least ${down.text} × ${reference}`,
      up !== null && `at most ${up.text} × ${reference}`,
    )
    return {
      filter,
      value: `limit ${price.text(price.of(limit))}`,
      bounds: bounds === '' ? '' : `${bounds} (${name})`,
    }
  })
}

function lotRows({ order }: Judged, { rules, qty }: Scale): FilterCheck[] {
  const value = `qty ${qty.text(qty.of(order.qty))}`
  const row = (filter: string, grid: Rules['lot']) => ({ filter, value, bounds: gridText(grid, 'step', qty) })
  return [
    ...(rules.filters.lot === undefined ? [] : [row('LOT_SIZE', rules.lot)]),
    ...(order.type === 'market' && rules.marketLot !== null ? [row('MARKET_LOT_SIZE', rules.marketLot)] : []),
  ]
}

function notionalRows({ order, bars, row }: Judged, { rules, price, qty, notional }: Scale): FilterCheck[] {
  const rule = rules.filters.notional
  if (rule === undefined) return []
  const [at, amount] = [price.of(order.limit ?? order.trigger ?? bars.close[row]!), qty.of(order.qty)]
  const isMarket = order.limit === null && order.trigger === null
  const asks = (applies: boolean | undefined, text: string) =>
    isMarket && !applies ? `${text} (not of market orders)` : text
  return [
    {
      filter: rule.filter,
      value: `${qty.text(amount)} × ${price.text(at)} = ${notional(BigInt(at) * BigInt(amount))}`,
      bounds:
        rule.reduceOnlyExempt && order.reduceOnly
          ? 'waived for orders that only reduce'
          : said(
              asks(rule.applyMinToMarket, `at least ${plainText(rule.min)}`),
              rule.max !== undefined && asks(rule.applyMaxToMarket, `at most ${plainText(rule.max)}`),
            ),
    },
  ]
}

function countRows({ order, open, held }: Judged, { rules, qty }: Scale): FilterCheck[] {
  const { maxNumOrders, maxNumAlgoOrders, maxPosition } = rules.filters
  const rows: FilterCheck[] = []
  const count = (filter: string, most: number, counts: (one: OrderView) => boolean) => {
    if (counts(order)) rows.push({ filter, value: String(open.filter(counts).length + 1), bounds: `at most ${most}` })
  }
  if (maxNumOrders) count('MAX_NUM_ORDERS', maxNumOrders, isResting)
  if (maxNumAlgoOrders) count('MAX_NUM_ALGO_ORDERS', maxNumAlgoOrders, isAlgo)
  if (order.side === 'buy' && rules.maxPosition < Number.POSITIVE_INFINITY) {
    const buys = [order, ...open.filter(({ side, reduceOnly }) => side === 'buy' && !reduceOnly)]
    const all = buys.reduce((sum, one) => sum + qty.of(one.qty), qty.of(held))
    rows.push({
      filter: 'MAX_POSITION',
      value: `${qty.text(all)} held and on order`,
      bounds: `at most ${plainText(maxPosition!)}`,
    })
  }
  return rows
}

function isResting({ type, tif }: OrderView): boolean {
  return type !== 'market' && tif !== 'IOC' && tif !== 'FOK'
}

function isAlgo({ type }: OrderView): boolean {
  return type !== 'market' && type !== 'limit'
}

/** Decimal text without the zeros that exchanges write behind it. */
function plainText(text: string): string {
  const { digits, decimals } = parseDecimal(text)
  return unitsText(digits, decimals)
}
