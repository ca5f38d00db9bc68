/**
 * What the history bench asks: Binance's klines and its archive's months, out of texts made beforehand, each answer after 30 ms. A process
 * of its own, so that its work is not measured; the server of the tests makes every bar anew, which takes longer than reading it.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { zipOf } from '../data/klines.ts'

const LATENCY = 30
const MINUTE = 60_000
const MONTH = /\/BTCUSDT-1m-(\d{4})-(\d\d)\.zip(\.CHECKSUM)?$/

/** Prices and amounts of a thousand bars, as long as real ones are. */
const ROWS = Array.from({ length: 1000 }, (_, k) => {
  const price = (shift: number) =>
    `${42_000 + ((k * 37 + shift) % 900)}.${String((k * 7919) % 100).padStart(2, '0')}000000`
  const amount = (by: number) => `${(k * by) % 97}.${String((k * by * 31) % 99_999_999).padStart(8, '0')}`
  return {
    prices: [price(10), price(10).replace('42', '43'), price(10).replace('42', '41'), price(10)],
    volume: amount(13),
    behind: [`${1_000_000 + k}.12345678`, 100 + k, amount(7), `${500_000 + k}.87654321`] as const,
  }
})

/** Of days no more than that there are any is asked. */
function page(from: number, to: number, step: number): string {
  const rows: string[] = []
  for (let at = from; at <= to; at += step) {
    const { prices, volume, behind } = ROWS[(at / MINUTE) % 1000]!
    const [quote, trades, takerBase, takerQuote] = behind
    rows.push(
      `[${at},"${prices.join('","')}","${volume}",${at + step - 1},"${quote}",${trades},"${takerBase}","${takerQuote}","0"]`,
    )
  }
  return `[${rows.join(',')}]`
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
  await setTimeout(LATENCY)
  response.writeHead(body === null ? 404 : 200, { 'content-type': 'application/json' })
  response.end(body ?? 'no')
})
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
