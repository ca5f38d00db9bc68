/**
 * What the history bench asks: Binance's klines and its archive's months, out of texts made beforehand, each answer after 30 ms. A process
 * of its own, so that its work is not measured; the server of the tests makes every bar anew, which takes longer than reading it.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { zipOf } from '../data/klines.ts'
import { pageText, ROWS } from './history-pages.ts'

const LATENCY = 30
const MINUTE = 60_000
const MONTH = /\/BTCUSDT-1m-(\d{4})-(\d\d)\.zip(\.CHECKSUM)?$/

const pages = new Map<string, Buffer>()

/** Made once, as a venue that has them at hand: how long making them takes is not what is measured. */
function page(from: number, to: number, step: number): Buffer {
  const name = `${from} ${to} ${step}`
  let text = pages.get(name)
  if (text === undefined) {
    text = Buffer.from(pageText(from, to, step))
    pages.set(name, text)
  }
  return text
}

const months = new Map<string, Buffer>()

function month(year: number, number: number, name: string): Buffer {
  let zip = months.get(name)
  if (zip !== undefined) return zip
  const rows: string[] = []
  for (let at = Date.UTC(year, number - 1); at < Date.UTC(year, number); at += MINUTE) {
    const { prices, volume, behind } = ROWS[(at / MINUTE) % 1000]!
    rows.push([at, ...prices, volume, at + MINUTE - 1, ...behind, 0].join(','))
  }
  zip = zipOf({ [name.replace('.zip', '.csv')]: `${rows.join('\n')}\n` })
  months.set(name, zip)
  return zip
}

const server = createServer(async (request, response) => {
  const late = setTimeout(LATENCY)
  const { pathname, searchParams: query } = new URL(request.url!, 'http://127.0.0.1')
  const [, year, number, isHash] = MONTH.exec(pathname) ?? []
  let body: string | Buffer | null = null
  if (pathname.endsWith('/klines')) {
    const step = query.get('interval') === '1d' ? 1440 * MINUTE : MINUTE
    body = page(Number(query.get('startTime')), Number(query.get('endTime')), step)
  } else if (pathname.endsWith('/time')) body = JSON.stringify({ serverTime: Date.now() })
  else if (year !== undefined) {
    const name = pathname.split('/').at(-1)!.replace('.CHECKSUM', '')
    const zip = month(Number(year), Number(number), name)
    body = isHash === undefined ? zip : `${createHash('sha256').update(zip).digest('hex')}  ${name}\n`
  }
  await late
  response.writeHead(body === null ? 404 : 200, { 'content-type': 'application/json' })
  response.end(body ?? 'no')
})
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
