import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Row } from '../engine/scene.ts'
import { VenueScene } from './venue-scene.ts'

const RECORDED = resolve(import.meta.dirname, '../../../shared/datasets/ws-events')
const FILES = ['binance-usdm-userdata-2024-2026.jsonl', 'binance-usdm-userdata-ETHBUSD-2022-01-26.jsonl']

type Json = Readonly<Record<string, unknown>>

/** Fields and the kinds of their values, lists by their first item: `o.q string`. */
function shapeOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [] : shapeOf(value[0], `${path}[]`)
  if (typeof value !== 'object' || value === null) return [`${path} ${typeof value}`]
  return Object.entries(value).flatMap(([key, inner]) => shapeOf(inner, path === '' ? key : `${path}.${key}`))
}

const CALM: Row = [100, 101, 99, 100]

/** The same life as the recorded ones: placed, cancelled, bought, sold. */
function ours(): Json[] {
  const scene = new VenueScene([CALM, CALM, CALM])
  scene.listen()
  const { orderId } = scene.order({ side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '90' }).body
  scene.ask('DELETE', '/fapi/v1/order', { symbol: 'BTCUSDT', orderId })
  scene.order({ side: 'BUY', type: 'MARKET', quantity: '1' })
  scene.bar()
  scene.order({ side: 'SELL', type: 'MARKET', quantity: '1', reduceOnly: true })
  scene.bar()
  return scene.events
}

describe.skipIf(!existsSync(RECORDED))(
  'events have the fields of those that Binance sent (needs ../shared/datasets)',
  () => {
    const events = FILES.flatMap((file) =>
      readFileSync(join(RECORDED, file), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).map((event) => event.data ?? event)
    const made = ours()

    test.each(['TRADE_LITE', 'ORDER_TRADE_UPDATE', 'ACCOUNT_UPDATE'])('%s', (kind) => {
      const have = new Set(made.filter(({ e }) => e === kind).flatMap((event) => shapeOf(event)))
      const recorded = events.filter(({ e }) => e === kind)
      expect(recorded.length).toBeGreaterThan(0)
      const missing = recorded.flatMap((event) => shapeOf(event)).filter((field) => !have.has(field))
      expect(missing).toEqual([])
    })

    test('nothing is written differently: zeros, sides, states', () => {
      const opened = events.find(
        ({ e, o }) => e === 'ORDER_TRADE_UPDATE' && o.x === 'NEW' && o.o === 'MARKET' && o.er === '0',
      )
      const mine = made.find(({ e, o }) => e === 'ORDER_TRADE_UPDATE' && (o as Json)['o'] === 'MARKET') as { o: Json }
      for (const field of [
        'p',
        'ap',
        'sp',
        'l',
        'z',
        'L',
        'n',
        'rp',
        't',
        'b',
        'a',
        'f',
        'ot',
        'ps',
        'wt',
        'pm',
        'V',
        'gtd',
        'er',
      ])
        expect([field, mine.o[field]]).toEqual([field, opened.o[field]])
    })
  },
)
