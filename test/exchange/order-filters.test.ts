import { describe, expect, test } from 'vitest'
import { parseDecimal } from '../../src/core/decimal.ts'
import type { Filters } from '../../src/core/instrument.ts'
import { Refused } from '../../src/exchange/error-codes.ts'
import { checkFilters } from '../../src/exchange/order-filters.ts'

const FILTERS: Filters = {
  price: { min: '556.80', max: '4529764', tick: '0.10' },
  lot: { min: '0.001', max: '1000', step: '0.001' },
  marketLot: { min: '0.001', max: '120', step: '0.001' },
  notional: { filter: 'MIN_NOTIONAL', min: '100', applyMinToMarket: true, avgPriceMins: 0, reduceOnlyExempt: true },
  percentPrice: { up: '1.05', down: '0.95', avgPriceMins: 0, oneSided: true },
  notSimulated: [],
}

interface Order {
  readonly side?: 'BUY' | 'SELL'
  readonly price?: string
  readonly qty: string
  readonly reduceOnly?: boolean
}

function verdict(order: Order, filters: Partial<Filters> = {}, precision = { price: 2, quantity: 3 }): number | 'OK' {
  const written = (text: string) => ({ text, value: parseDecimal(text) })
  try {
    checkFilters({ ...FILTERS, ...filters }, precision, 'minimum', {
      side: order.side ?? 'BUY',
      isMarket: order.price === undefined,
      quantity: written(order.qty),
      price: order.price === undefined ? undefined : written(order.price),
      reduceOnly: order.reduceOnly ?? false,
      mark: '50000.0',
    })
    return 'OK'
  } catch (error) {
    if (error instanceof Refused) return error.code
    throw error
  }
}

describe('filters are judged in exact decimals', () => {
  test.each<[string, Order, number | 'OK', Partial<Filters>?, { price: number; quantity: number }?]>([
    ['1', { qty: '0.010', price: '49545.7' }, 'OK'],
    ['2: as many decimals as may be, and off the tick', { qty: '0.010', price: '49000.15' }, -4014],
    ['3: precision comes before the tick', { qty: '0.010', price: '49000.155' }, -1111],
    ['4', { qty: '1.001', price: '49000.0' }, 'OK'],
    ['5', { qty: '0.007', price: '49000.0' }, -4023, { lot: { min: '0.005', max: '1000', step: '0.005' } }],
    ['6a', { qty: '10', price: '16.665' }, 'OK', { price: { min: '0.015', max: '1000', tick: '0.025' } }, { price: 3, quantity: 3 }],
    ['6b', { qty: '10', price: '16.675' }, -4014, { price: { min: '0.015', max: '1000', tick: '0.025' } }, { price: 3, quantity: 3 }],
    ['7a', { qty: '0.002', price: '50000.0' }, 'OK'],
    ['7b', { qty: '0.002', price: '49999.9' }, -4164],
    ['7c', { qty: '0.002', price: '49999.9', reduceOnly: true }, 'OK'],
    ['8a', { qty: '0.010', price: '52500.0' }, 'OK'],
    ['8b', { qty: '0.010', price: '52500.1' }, -4016],
    ['8c: a sale far above the mark takes nobody by surprise', { side: 'SELL', qty: '0.010', price: '60000.0' }, 'OK'],
    ['8d', { side: 'SELL', qty: '0.010', price: '47499.9' }, -4024],
    ['10: the market lot, not the lot', { qty: '120.001' }, -4005],
    ['a limit order may be larger', { qty: '120.001', price: '49000.0' }, 'OK'],
    ['nothing', { qty: '0' }, -4003],
    ['less than the least', { qty: '0.001', price: '49000.0' }, -4004, { lot: { min: '0.002', max: '1000', step: '0.001' } }],
    ['below the least price', { side: 'BUY', qty: '1', price: '556.70' }, -4013],
    ['above the greatest', { side: 'SELL', qty: '1', price: '4529764.80' }, -4002],
    ['a market order by the mark: 0.001 × 50000 = 50', { qty: '0.001' }, -4164],
    ['0 switches a rule off', { qty: '0.010', price: '49000.15' }, 'OK', { price: { min: '556.80', max: '0', tick: '0' } }],
  ])('%s', (_, order, expected, filters, precision) => {
    expect(verdict(order, filters, precision)).toBe(expected)
  }) // biome-ignore format: a line a case
})
