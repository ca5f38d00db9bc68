/**
 * Started by stream.bench.ts: Binance's streams on 127.0.0.1, for whatever is subscribed to. Each stream of bars says how
 * the minute stands as often as Binance does (spot every 2000 ms, USDS-M every 250 ms: Kline/Candlestick Streams, "Update Speed"), and once that it
 * has closed; each stream of mark prices says its price every second. Tells its port to its parent.
 */
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

const MINUTE = 60_000
const TICK = 250
/** Ticks between two words of a stream of bars; USDS-M has them under /market. */
const EVERY = { spot: 8, futures: 1 }
/** Ticks between two mark prices. */
const MARKS = 4
const WARM_ROUNDS = 400
/** In mid-minute: nothing closes then. */
const QUIET_TIME = Math.floor(Date.now() / MINUTE) * MINUTE + MINUTE / 2
const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
const topics = new Map<WebSocket, { readonly every: number; readonly all: readonly string[] }>()

server.on('connection', (socket, { url = '' }) => {
  const every = url.includes('/market') ? EVERY.futures : EVERY.spot
  socket.on('message', (data) => {
    const { id, params } = JSON.parse(String(data)) as { id: number; params: readonly string[] }
    topics.set(socket, { every, all: params })
    socket.send(JSON.stringify({ result: null, id }))
    // a stream runs for weeks: what is measured is code that has been compiled
    for (let round = 0; round < WARM_ROUNDS; round++) for (const topic of params) say(socket, topic, QUIET_TIME, every)
  })
  socket.on('close', () => topics.delete(socket))
})
server.on('listening', () => process.send!((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())

let ticks = 0
setInterval(() => {
  ticks++
  const now = Date.now()
  // not all at the same instant: markets are not in step
  for (const [socket, { every, all }] of topics)
    for (const [k, topic] of all.entries()) {
      const due = topic.includes('@kline') ? every : MARKS
      // each at its own tick
      if ((ticks + k) % due === 0) setTimeout(() => say(socket, topic, now, every), (TICK * k) / all.length)
    }
}, TICK)

function say(socket: WebSocket, topic: string, now: number, every: number): void {
  if (socket.readyState !== socket.OPEN) return
  const symbol = topic.slice(0, topic.indexOf('@')).toUpperCase()
  const send = (data: object) => socket.send(JSON.stringify({ stream: topic, data }))
  if (topic.includes('@kline')) {
    const open = now - (now % MINUTE)
    // the first word of a minute closes the one before it
    if (now - open < TICK * every) send(kline(symbol, open - MINUTE, now, true))
    send(kline(symbol, open, now, false))
  } else
    send({
      e: 'markPriceUpdate',
      E: now,
      s: symbol,
      p: '67012.34000000',
      i: '67011.1',
      P: '67010.2',
      r: '0.0001',
      T: now,
    })
}

function kline(symbol: string, t: number, now: number, x: boolean): object {
  const prices = { o: '67000.10000000', c: '67012.34000000', h: '67100.00000000', l: '66900.50000000' }
  const amounts = { v: '46.64096000', q: '5302412.42715770', n: 5963, V: '14.72666000', Q: '1674287.91322410' }
  const ids = { f: 5225377132, L: 5225383094 }
  const k = { t, T: t + MINUTE - 1, s: symbol, i: '1m', ...ids, ...prices, ...amounts, x, B: '0' }
  return { e: 'kline', E: now, s: symbol, k }
}
