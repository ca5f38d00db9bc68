import fc from 'fast-check'
import {
  amend, buy, cancel, cancelAll, close, type OrderOptions, type OrderView, type Request, sell,
} from '../../src/core/order.ts' // biome-ignore format: one line of names
import { HOUR, type Market } from './scenario.ts'

/** A price by what it is near: this bar or the next one, whose extremes a strategy could not know but a test can. */
interface Anchor {
  readonly field: 'open' | 'high' | 'low' | 'close'
  readonly isNext: boolean
  readonly ticks: number
  readonly noise: number
}
type Distance = { readonly percent: number } | { readonly ticks: number }
interface Order {
  readonly side: 'buy' | 'sell'
  readonly shape: 'market' | 'limit' | 'stop' | 'stop-limit' | 'touch' | 'touch-limit' | 'trail'
  readonly price: Anchor
  readonly limit: Anchor
  readonly trail: Distance
  readonly size: { readonly by: 'qty' | 'quote' | 'fraction' | 'risk'; readonly of: number }
  readonly tif: 'GTC' | 'IOC' | 'FOK' | 'GTX' | 'GTD'
  readonly hours: number
  readonly reduceOnly: boolean
  readonly stopLoss: Anchor | Distance | undefined
  readonly takeProfit: Anchor | Distance | undefined
  readonly trailingStop: Distance | undefined
  readonly id: string | undefined
}
export type Move =
  | { readonly kind: 'order'; readonly order: Order }
  | { readonly kind: 'close' }
  | { readonly kind: 'cancel'; readonly pick: number }
  | { readonly kind: 'cancelAll' }
  | {
      readonly kind: 'amend'
      readonly pick: number
      readonly what: 'qty' | 'limit' | 'stop' | 'touch'
      readonly price: Anchor
      readonly qty: number
    }

const anchor: fc.Arbitrary<Anchor> = fc.record({
  field: fc.constantFrom('open', 'high', 'low', 'close'),
  isNext: fc.boolean(),
  ticks: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: -9, max: 9 })),
  noise: fc.constantFrom(0, 0, 0.4, -0.4),
})
const distance: fc.Arbitrary<Distance> = fc.oneof(
  fc.constantFrom(0.001, 0.01, 0.03, 0.1, 0.5, 0.99).map((percent) => ({ percent })),
  fc.integer({ min: 1, max: 12 }).map((ticks) => ({ ticks })),
)
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
/** A quantity in steps, on the grid or a little off it. */
const steps = fc
  .tuple(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 2000 })), fc.constantFrom(0, 0, 0.4))
  .map(([whole, noise]) => whole + noise)

const order: fc.Arbitrary<Order> = fc.record({
  side: fc.constantFrom('buy' as const, 'buy' as const, 'sell' as const),
  shape: fc.constantFrom('market', 'limit', 'limit', 'stop', 'stop-limit', 'touch', 'touch-limit', 'trail'),
  price: anchor,
  limit: anchor,
  trail: distance,
  size: fc.oneof(
    { weight: 4, arbitrary: steps.map((of) => ({ by: 'qty' as const, of })) },
    { weight: 1, arbitrary: fc.constantFrom(0.05, 0.3, 1, 1.3).map((of) => ({ by: 'quote' as const, of })) },
    { weight: 2, arbitrary: fc.constantFrom(0.1, 0.5, 1, 1.2).map((of) => ({ by: 'fraction' as const, of })) },
    { weight: 1, arbitrary: fc.constantFrom(0.001, 0.02, 0.3).map((of) => ({ by: 'risk' as const, of })) },
  ),
  tif: fc.constantFrom('GTC', 'GTC', 'IOC', 'FOK', 'GTX', 'GTD'),
  hours: fc.integer({ min: 0, max: 4 }),
  reduceOnly: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  stopLoss: rarely(fc.oneof({ weight: 1, arbitrary: anchor }, { weight: 4, arbitrary: distance })),
  takeProfit: rarely(fc.oneof({ weight: 1, arbitrary: anchor }, { weight: 4, arbitrary: distance })),
  trailingStop: rarely(distance),
  id: rarely(fc.constantFrom('a', 'b', 'c')),
})

export const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 10, arbitrary: order.map((one) => ({ kind: 'order' as const, order: one })) },
  { weight: 2, arbitrary: fc.constant({ kind: 'close' as const }) },
  { weight: 1, arbitrary: fc.nat(3).map((pick) => ({ kind: 'cancel' as const, pick })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'cancelAll' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('amend' as const),
      pick: fc.nat(3),
      what: fc.constantFrom('qty', 'limit', 'stop', 'touch'),
      price: anchor,
      qty: steps,
    }),
  },
)

/** A move at the close of an hour as a strategy would return it. */
export function requestOf(
  one: Move,
  market: Market,
  hour: number,
  cash: number,
  orders: readonly OrderView[],
): Request {
  const { symbol } = market
  const step = Number(market.filters.lot!.step)
  const idOf = (pick: number) => orders[pick % Math.max(1, orders.length)]?.id ?? 'none'
  const unit = 10 ** market.decimals
  const here = market.rows.slice(0, hour + 1).findLast((row) => row !== null)!
  const next = market.rows.slice(hour + 1).find((row) => row !== null) ?? here
  const priceAt = ({ field, isNext, ticks, noise }: Anchor) =>
    Math.max(((isNext ? next : here)[field] + (ticks + noise) * market.tick) / unit, 0.4 / unit)
  const offset = (by: Distance) => ('percent' in by ? by : { distance: (by.ticks * market.tick) / unit })
  const leg = (by: Anchor | Distance) => ('field' in by ? priceAt(by) : offset(by))
  if (one.kind === 'close') return close({ symbol })
  if (one.kind === 'cancel') return cancel(idOf(one.pick))
  if (one.kind === 'cancelAll') return cancelAll({ symbol })
  if (one.kind === 'amend')
    return amend(idOf(one.pick), { [one.what]: one.what === 'qty' ? one.qty * step : priceAt(one.price) })

  const { order: asked } = one
  const { shape, size } = asked
  const isPlainLimit = shape === 'limit'
  const tif = isPlainLimit || asked.tif === 'GTD' ? asked.tif : 'GTC'
  const stopLoss = asked.stopLoss ?? (size.by === 'risk' ? { percent: 0.03 } : undefined)
  const options: OrderOptions = {
    symbol,
    [size.by]: size.by === 'qty' ? size.of * step : size.by === 'quote' ? size.of * cash : size.of,
    ...(isPlainLimit || shape.endsWith('-limit') ? { limit: priceAt(asked.limit) } : {}),
    ...(shape.startsWith('stop') ? { stop: priceAt(asked.price) } : {}),
    ...(shape.startsWith('touch') ? { touch: priceAt(asked.price) } : {}),
    ...(shape === 'trail' ? { trail: offset(asked.trail) } : {}),
    tif,
    ...(tif === 'GTD' ? { expiresAt: Math.max(1, (hour + 1 + asked.hours) * HOUR) } : {}),
    reduceOnly: asked.reduceOnly,
    ...(stopLoss !== undefined && { stopLoss: leg(stopLoss) }),
    ...(asked.takeProfit !== undefined && { takeProfit: leg(asked.takeProfit) }),
    ...(asked.trailingStop !== undefined && { trailingStop: offset(asked.trailingStop) }),
    ...(asked.id !== undefined && { id: asked.id }),
  }
  return asked.side === 'buy' ? buy(options) : sell(options)
}
