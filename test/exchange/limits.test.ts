import { expect, test } from 'vitest'
import { Limits } from '../../src/exchange/limits.ts'

const MINUTE = 60_000
const request = (at: number, ip = '127.0.0.1') => ({
  method: 'GET',
  path: '/',
  query: '',
  body: '',
  headers: {},
  ip,
  at,
})

test('weight is counted by address and minute; beyond it comes 429 with the seconds that are left', () => {
  const limits = new Limits('usdm', { weightPerMinute: 10 })
  expect(limits.spend(request(5000), 6)).toBeNull()
  expect(limits.spend(request(6000), 4)).toBeNull()
  expect(limits.headersOf(request(6000))).toEqual({ 'x-mbx-used-weight-1m': '10' })
  const refused = limits.spend(request(15_000), 1)!
  expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '45' } })
  expect(JSON.parse(refused.body)).toMatchObject({ code: -1003 })
  expect(limits.spend(request(15_000, '10.0.0.1'), 10)).toBeNull()
  expect(limits.spend(request(MINUTE), 10)).toBeNull()
})

test('who goes on asking is banned with 418: two minutes, then twice as long', () => {
  const limits = new Limits('usdm', { weightPerMinute: 1 })
  const statuses = (at: number) => Array.from({ length: 13 }, () => limits.spend(request(at), 1)?.status ?? 200)
  expect(statuses(0)).toEqual([200, ...Array(10).fill(429), 418, 418])
  expect(limits.spend(request(MINUTE), 1)).toMatchObject({ status: 418, headers: { 'retry-after': '60' } })
  expect(limits.spend(request(2 * MINUTE - 1), 1)).toMatchObject({ status: 418 })
  expect(statuses(2 * MINUTE)).toEqual([200, ...Array(10).fill(429), 418, 418])
  expect(limits.spend(request(3 * MINUTE), 1)).toMatchObject({ headers: { 'retry-after': '180' } })
})

test('orders are counted by account in ten seconds and in a minute', () => {
  const limits = new Limits('usdm', { ordersPerTenSeconds: 2, ordersPerLonger: 3 })
  expect(limits.headersOf(request(0))).not.toHaveProperty('x-mbx-order-count-10s')
  expect(limits.spendOrders(request(0), 1)).toBeNull()
  expect(limits.spendOrders(request(1000, '10.0.0.1'), 1)).toBeNull()
  expect(limits.spendOrders(request(4000), 1)).toMatchObject({ status: 429, headers: { 'retry-after': '6' } })
  expect(limits.spendOrders(request(10_000), 1)).toBeNull()
  expect(limits.headersOf(request(10_000))).toMatchObject({ 'x-mbx-order-count-10s': '1', 'x-mbx-order-count-1m': '3' })
  const refused = limits.spendOrders(request(11_000), 1)!
  expect(JSON.parse(refused.body)).toEqual({
    code: -1015,
    msg: 'Too many new orders; current limit is 3 orders per MINUTE.',
  })
})

test('spot has other limits than USDS-M: orders are counted by the day', () => {
  const limits = new Limits('spot', { ordersPerLonger: 2 })
  expect(limits.allowances).toEqual({ weightPerMinute: 6000, ordersPerTenSeconds: 100, ordersPerLonger: 2 })
  expect(limits.spendOrders(request(0), 2)).toBeNull()
  expect(limits.headersOf(request(0))).toMatchObject({ 'x-mbx-order-count-10s': '2', 'x-mbx-order-count-1d': '2' })
  const refused = limits.spendOrders(request(3 * MINUTE), 1)!
  // a day less three minutes, s
  expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '86220' } })
  expect(JSON.parse(refused.body).msg).toBe('Too many new orders; current limit is 2 orders per DAY.')
  expect(limits.spendOrders(request(24 * 60 * MINUTE), 2)).toBeNull()
})
