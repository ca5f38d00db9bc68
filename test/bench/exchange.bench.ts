import { type ChildProcess, fork } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { FROM, KEYS } from '../exchange/played.ts'
import type { Bench, BenchRow } from './bench.ts'

const ORDERS = 20_000
const WARM = 3_000
const CONNECTIONS = 16
const SYMBOLS = 20
const BARS = 400

/** What the simulated exchange takes of a core; its clients are another process. */
const bench: Bench = async () => [await orders(), await replay()]
export default bench

interface Started {
  readonly child: ChildProcess
  readonly port: number
  readonly controlPort: number
}

async function started(...args: readonly string[]): Promise<Started> {
  const child = fork(join(import.meta.dirname, 'exchange-server.ts'), args)
  const [{ port, controlPort }] = (await once(child, 'message')) as [{ port: number; controlPort: number }]
  return { child, port, controlPort }
}

/** CPU time of the exchange so far, s. */
async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu')
  const [{ user, system }] = (await once(child, 'message')) as [{ user: number; system: number }]
  return (user + system) / 1e6
}

/** Signed limit orders, each judged, accepted, met with the open and expired, with a listener of the account's events. */
async function orders(): Promise<BenchRow> {
  const { child, port, controlPort } = await started('1', '100', 'step')
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  try {
    child.send('run')
    await fetch(`http://127.0.0.1:${controlPort}/step`, { method: 'POST' })
    const { listenKey } = JSON.parse(await ask(agent, port, 'POST', '/fapi/v1/listenKey', ''))
    const listener = new WebSocket(`ws://127.0.0.1:${port}/private/ws?listenKey=${listenKey}`)
    let events = 0
    listener.on('message', () => events++)
    await once(listener, 'open')
    await send(agent, port, WARM)
    const [cpu, wall] = [await cpuOf(child), performance.now()]
    await send(agent, port, ORDERS)
    const seconds = (performance.now() - wall) / 1000
    const used = (await cpuOf(child)) - cpu
    if (events < ORDERS) throw new Error(`${events} events of ${ORDERS} orders came`)
    listener.terminate()
    return {
      name: 'Signed orders that the simulated exchange takes a second of one core, over loopback',
      value: ORDERS / used,
      unit: ' orders/s',
      ...{ must: 3000, aim: 5000, better: 'higher' },
      detail: `${((used / ORDERS) * 1e6).toFixed(0)} µs of CPU an order; ${(ORDERS / seconds).toFixed(0)} a second by the clock, its client on another core; ${events} user events`,
    }
  } finally {
    agent.destroy()
    child.disconnect()
  }
}

async function send(agent: Agent, port: number, count: number): Promise<void> {
  let left = count
  const one = async () => {
    while (left-- > 0) {
      const answer = await ask(agent, port, 'POST', '/fapi/v1/order', signed())
      if (!answer.includes('"orderId"')) throw new Error(`an order was answered with ${answer}`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, one))
}

function signed(): string {
  const query = `symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.010&price=48000.0&timestamp=${Date.now()}`
  return `${query}&signature=${createHmac('sha256', KEYS.secret).update(query).digest('hex')}`
}

function ask(agent: Agent, port: number, method: string, path: string, query: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { agent, port, method, path: `${path}?${query}`, headers: { 'x-mbx-apikey': KEYS.key } }
    const asked = request({ host: '127.0.0.1', ...options }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part) => {
        text += part
      })
      response.on('end', () => resolve(text))
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** 20 symbols of 1m bars with a client that listens to candles and mark prices of all. */
async function replay(): Promise<BenchRow> {
  const { child, port } = await started(String(SYMBOLS), String(BARS), 'max')
  try {
    const names = Array.from({ length: SYMBOLS }, (_, k) => (k === 0 ? 'btcusdt' : `t${k}usdt`))
    const streams = names.flatMap((name) => [`${name}@kline_1m`, `${name}@markPrice@1s`])
    const client = new WebSocket(`ws://127.0.0.1:${port}/market/stream?streams=${streams.join('/')}`)
    let closed = 0
    let frames = 0
    client.on('message', (data) => {
      frames++
      if (JSON.parse(String(data)).data.k?.x) closed++
    })
    await once(client, 'open')
    const [cpu, wall] = [await cpuOf(child), performance.now()]
    child.send('run')
    const [{ time }] = (await once(child, 'message')) as [{ time: number }]
    const seconds = (performance.now() - wall) / 1000
    const used = (await cpuOf(child)) - cpu
    const wanted = SYMBOLS * (BARS - 10)
    for (let k = 0; closed < wanted && k < 100; k++) await new Promise((resolve) => setTimeout(resolve, 50))
    if (closed !== wanted) throw new Error(`${closed} closed candles came instead of ${wanted}`)
    client.terminate()
    const played = (time - FROM) / 1000
    return {
      name: `Replay of ${SYMBOLS} symbols of 1m bars with a client attached, against real time, on one core`,
      value: played / used,
      unit: '×',
      ...{ must: 20, aim: 500, better: 'higher' },
      detail: `${(played / 3600).toFixed(1)} hours in ${used.toFixed(2)} s of CPU, ${seconds.toFixed(2)} s by the clock; ${frames} frames`,
    }
  } finally {
    child.disconnect()
  }
}
