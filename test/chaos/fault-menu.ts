import type { Random } from '../../src/core/random.ts'
import type { FaultSpec } from '../../src/exchange/fault-spec.ts'

type Kind = FaultSpec['kind']

/** What closes a position for good: a session halts over it, and comes to no agreement with its exchange any more. Of a round it is the end. */
export const TAKEN_AWAY = { liquidation: 'liquidation', adl: 'auto-deleveraging', settlement: 'settlement' } as const

const ORDERS = ['POST /fapi/v1/order', 'POST /fapi/v1/algoOrder', 'DELETE *', 'PUT *']
const QUESTIONS = ['GET /fapi/v1/order', 'GET /fapi/v1/algoOrder', 'GET /fapi/v1/userTrades', 'GET /fapi/v1/openOrders']
const STREAM = ['* /fapi/v1/listenKey', 'GET /fapi/v2/positionRisk', 'GET /fapi/v1/time', 'GET /fapi/v3/balance']
const CANDLES = 'GET /fapi/v1/klines'
const EVENTS = ['ORDER_TRADE_UPDATE', 'ALGO_UPDATE', 'ACCOUNT_UPDATE', 'TRADE_LITE', 'kline']
/** Refusals that an order may earn at any time: no money, nothing to reduce, would trigger at once, too many, filters, a bad window. */
const CODES = [-2019, -2022, -2021, -4164, -1111, -2011, -2013, -1021, -4045, -5022]

/** Those that keep everybody waiting for long: of them only what there is room for. */
export const SLOW: readonly Kind[] = ['hang', 'half-open', 'waf']
export const QUICK: readonly Kind[] = [
  'unknown', 'timeout', 'reset', 'delay', 'late', 'refused', 'unavailable', 'internal', 'throttled', 'rate-limit', 'ban', 'error',
  'garbled', 'clock', 'events-first', 'events-last', 'missing-bars', 'misaligned-bars', 'revised-bars', 'filters',
  'drop', 'duplicate', 'delay-frame', 'reorder', 'close', 'cut', 'trigger-rejected', 'orphan',
] // biome-ignore format: a list of words

/** What goes wrong next: a kind, where, and how often. */
export function drawFault(kind: Kind, random: Random): FaultSpec {
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const upTo = (most: number) => 1 + Math.floor(random() * most)
  const times = upTo(3)
  const anywhere = () => {
    const route = random() < 0.6 ? one(ORDERS) : one([...QUESTIONS, ...STREAM, undefined])
    return { ...(route !== undefined && { route }), times }
  }
  const frame = () => {
    const stream = random() < 0.8 ? one(EVENTS) : undefined
    return { ...(stream !== undefined && { stream }), times }
  }
  switch (kind) {
    case 'timeout':
    case 'delay':
      return { kind, ...anywhere(), ms: upTo(1500) }
    case 'late':
      return random() < 0.5 ? { kind, ...anywhere(), ms: upTo(1500) } : { kind, ...anywhere(), steps: upTo(3) }
    case 'rate-limit':
    case 'ban':
      return { kind, ...anywhere(), times: 1, seconds: upTo(4) }
    case 'error': {
      const route = one([...ORDERS, ...QUESTIONS])
      // "no such order" three times over seconds is believed, as it must be: an exchange that lies so is out of the promise
      return { kind, route, times: Math.min(times, 2), code: one(CODES), msg: 'of a chaos run' }
    }
    case 'clock':
      return { kind, times: upTo(6), ms: one([-8000, -2500, 1500, 6000, 20_000]) }
    case 'events-first':
    case 'events-last':
      return { kind, times: 8 }
    case 'missing-bars':
    case 'revised-bars':
      return { kind, route: CANDLES, times, count: upTo(3) }
    case 'misaligned-bars':
      return { kind, route: CANDLES, times, ms: 60_000 }
    case 'filters':
      return {
        kind,
        route: 'GET /fapi/v1/exchangeInfo',
        times: 1,
        ...one([{ tick: '1' }, { step: '0.1' }, { notional: '5000' }]),
      }
    case 'drop':
    case 'reorder':
    case 'half-open':
    case 'close':
    case 'cut':
      return { kind, ...frame() }
    case 'duplicate':
    case 'delay-frame':
      return { kind, ...frame(), ms: upTo(1500) }
    case 'hang':
    case 'waf':
      return { kind, ...anywhere(), times: 1 }
    case 'trigger-rejected':
    case 'orphan':
      return { kind, times }
    default:
      return { kind, ...anywhere() }
  }
}
