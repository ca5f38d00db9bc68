import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { RunEvent } from '../../src/core/event.ts'
import type { EquityColumns } from '../../src/core/run.ts'
import { loadRun } from '../../src/index.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'
import { read, rowsOf, section } from './page-text.ts'
import { liquidatedRun, PERPETUALS, recklessFile } from './reckless.ts'
import { makeRun, type ReportedRun } from './reported-run.ts'

type Of<T extends RunEvent['type']> = Extract<RunEvent, { readonly type: T }>

interface Read extends ReportedRun {
  readonly events: readonly RunEvent[]
  readonly equity: EquityColumns
}

async function readRun(...args: readonly string[]): Promise<Read> {
  const made = await makeRun(scratch(), ...args)
  const { events, equity } = await loadRun(made.dir)
  return { ...made, events, equity }
}

const eventsOf = <T extends RunEvent['type']>({ events }: Read, type: T) =>
  events.filter((event): event is Of<T> => event.type === type)

/** The table of a section whose caption begins so, without its head. */
function table(html: string, caption: string): string[][] {
  const part = html.split('<table').find((text) => text.includes(`<caption><span>${caption}`))
  if (part === undefined) throw new Error(`no table "${caption}"`)
  return rowsOf(part.slice(0, part.indexOf('</table>'))).slice(1)
}

describe('the page of perpetuals', () => {
  let trend: Read
  beforeAll(async () => {
    trend = await readRun(
      join(ROOT, 'strategies', 'perp-trend.ts'),
      ...PERPETUALS,
      '--leverage',
      '3',
      '--margin',
      'cross',
    )
  })

  test('has a section on margin and one on the portfolio, both in the contents', () => {
    for (const id of ['margin', 'portfolio']) expect(trend.html).toContain(`<a href="#${id}">`)
    expect(trend.html.indexOf('<section id="costs"')).toBeLessThan(trend.html.indexOf('<section id="margin"'))
  })

  test('says on what margin, at what leverage, by which prices and tiers', () => {
    expect(trend.html.slice(0, trend.html.indexOf('<nav'))).toContain('cross margin at 3× leverage')
    const marks = 'the last price : no mark prices as fine as the bars are stored'
    const tiers = 'binance-usdm-leverageBracket, 2024-10-01 assumed for the time before'
    expect(table(section(trend.html, 'margin'), 'What positions were held to')).toEqual([
      ['BTCUSDT', 'cross', '3×', marks, tiers, '2.00\u202f%', 'never'],
      ['ETHUSDT', 'cross', '3×', marks, tiers, '3.00\u202f%', 'never'],
    ])
  })

  test('funding stands by symbol and by month, as the events have it', () => {
    const charged = eventsOf(trend, 'funding')
    const of = (symbol: string) => charged.filter((event) => event.symbol === symbol)
    const sum = (events: typeof charged, sign = 0) =>
      events.reduce((all, { paid }) => (sign === 0 || paid * sign > 0 ? all + paid : all), 0)
    const html = section(trend.html, 'margin')
    const rows = table(html, 'Funding by symbol, USDT')
    expect(rows.map(([symbol]) => symbol)).toEqual(['BTCUSDT', 'ETHUSDT', 'Together'])
    for (const [symbol, charges, paid, received, net, missing] of rows) {
      const events = symbol === 'Together' ? charged : of(symbol!)
      expect(read(charges!)).toBe(events.length)
      expect(read(paid!)).toBeCloseTo(sum(events, 1), 2)
      expect(read(received!)).toBeCloseTo(-sum(events, -1), 2)
      expect(read(net!)).toBeCloseTo(sum(events), 2)
      // the rates end at 08:00 of the last day and the bars at 20:00: that of 16:00 is missing
      expect(missing).toBe(symbol === 'Together' ? '2' : '1')
    }
    const months = table(html, 'Net funding paid in each month, USDT')
    expect(months.length).toBe(16)
    for (const [month, btc, eth] of months) {
      const inMonth = (event: Of<'funding'>) => new Date(event.at).toISOString().startsWith(month!)
      expect(read(btc!)).toBeCloseTo(sum(of('BTCUSDT').filter(inMonth)), 2)
      expect(read(eth!)).toBeCloseTo(sum(of('ETHUSDT').filter(inMonth)), 2)
    }
  })

  test('each kind of cost has a bar, as long as its part of the largest', () => {
    const { fees, slippage, funding } = trend.document.costs
    const html = section(trend.html, 'costs')
    const bars = [...html.matchAll(/class="bar( good)?" style="--w:([\d.]+)%"/g)].map(([, , width]) => Number(width))
    expect(bars).toEqual([fees, slippage, funding].map((cost) => expect.closeTo((cost / fees) * 100, 1)))
    const charged = eventsOf(trend, 'funding')
    const [, paid, received, charges] = /paid ([\d.]+), received ([\d.]+), in ([\d\u202f]+) charges/.exec(html)!
    expect(Number(paid) - Number(received)).toBeCloseTo(funding, 1)
    expect(read(charges!)).toBe(charged.length)
  })

  test('the nearest that it came to a liquidation is said', () => {
    const { maintenance } = trend.document.portfolio.margin!
    const at = new Date(maintenance!.at).toISOString().slice(0, 16).replace('T', ' ')
    const html = section(trend.html, 'margin')
    expect(html).toContain('No position was liquidated.')
    expect(html).toContain(`${(maintenance!.value * 100).toFixed(2)}\u202f% of the margin balance on ${at} UTC`)
    expect(section(trend.html, 'verdict')).not.toContain('liquidated')
  })

  test('what each symbol added comes to the whole', () => {
    const { metrics } = trend.document
    const rows = table(section(trend.html, 'portfolio'), 'What each symbol added, USDT')
    expect(rows.map(([symbol]) => symbol)).toEqual(['BTCUSDT', 'ETHUSDT', 'Together'])
    const [btc, eth, together] = rows.map((cells) => cells.slice(1).map(read))
    // but for the last column: two may be held at once
    for (const column of [0, 1, 2, 3, 4, 5]) expect(btc![column]! + eth![column]!).toBeCloseTo(together![column]!, 1)
    expect(together![0]).toBeCloseTo(metrics['netProfit']!, 2)
    expect(together![1]).toBeCloseTo(metrics['totalReturn']!, 4)
    expect(together![2]).toBeCloseTo(metrics['maxDrawdown']!, 4)
    expect(together![5]).toBeCloseTo(metrics['funding']!, 2)
  })

  test('the tail of its days, and how alike the two moved', () => {
    const { metrics, portfolio } = trend.document
    const html = section(trend.html, 'portfolio')
    // 2024-05-01 to 2025-08-04
    const tail = table(html, 'Bad days among 461 daily returns')
    expect(tail.map((cells) => cells.slice(1).map(read))).toEqual(
      [
        [metrics['valueAtRisk'], metrics['expectedShortfall']],
        [metrics['valueAtRisk99'], metrics['expectedShortfall99']],
      ].map((row) => row.map((value) => expect.closeTo(value!, 4))),
    )
    const alike = portfolio.correlation[0]![1]!.toFixed(2)
    expect(table(html, 'Correlation of daily returns')).toEqual([
      ['BTCUSDT', '1.00', alike],
      ['ETHUSDT', alike, '1.00'],
    ])
  })

  test('exposure and use of margin are told in words, the figures of which are those of the curve', () => {
    const html = section(trend.html, 'portfolio')
    const { exposure, length } = trend.equity
    const mean = exposure.reduce((sum, value) => sum + value, 0) / length
    const shown = (value: number) => `${(value * 100).toFixed(1)}\u202f%`
    expect(html).toContain(`${shown(Math.max(...exposure))} at most, ${shown(mean)} on average`)
    // one position at most was held in each, so that gross and net agree where both look the same way
    expect(html).toMatch(/Net, shorts counted below 0, lay between −[\d.]+\u202f% and [\d.]+\u202f%/)
    expect(html).toContain(`Initial margin ${((Math.max(...exposure) / 3) * 100).toFixed(2)}\u202f% at most`)
  })
})

describe('the page of a run that was liquidated', () => {
  let gone: Read
  beforeAll(async () => {
    gone = await readRun(...liquidatedRun())
  })

  test('says so before anything that was earned', () => {
    const count = eventsOf(gone, 'liquidation').length
    expect(count).toBeGreaterThan(1)
    expect(section(gone.html, 'verdict')).toContain(`<strong>${count} times a position was liquidated.</strong>`)
  })

  test('each liquidation can be reckoned by hand from what stands there', () => {
    const taken = eventsOf(gone, 'liquidation')
    const rows = table(section(gone.html, 'margin'), 'Liquidations, USDT')
    expect(rows.length).toBe(Math.min(50, taken.length))
    const number = String.raw`([\d\u202f]+(?:\.\d+)?)`
    const sum = new RegExp(
      `^${number} behind it ([−+]) ${number} unrealised = ${number} ≤ ${number} = ${number} × ${number} × ${number}\u202f% − ${number} at the mark ${number}, bracket (\\d)`,
    )
    for (const [k, [when, what, why, fee, left]] of rows.entries()) {
      const event = taken[k]!
      expect(when).toBe(new Date(event.at).toISOString().slice(0, 16).replace('T', ' '))
      expect(what).toContain(`${event.side} `)
      expect(what!.includes(' of ')).toBe(event.qty < event.held)
      const cells = sum.exec(why!)
      expect(cells, why).not.toBeNull()
      const [behind, , , balance, maintenance, held, mark, ratio, cum] = cells!.slice(1).map((text) => read(text))
      const unrealised = read(cells![3]!) * (cells![2] === '−' ? -1 : 1)
      expect(behind! + unrealised).toBeCloseTo(balance!, 1)
      // a long loses what the mark has fallen below its entry
      expect(unrealised).toBeCloseTo((mark! - event.entryPrice) * held! * (event.side === 'long' ? 1 : -1), -1)
      expect(held! * mark! * (ratio! / 100) - cum!).toBeCloseTo(maintenance!, -1)
      expect(balance!).toBeLessThanOrEqual(maintenance! + 0.01)
      expect(read(fee!)).toBeCloseTo(event.fee, 2)
      expect(read(left!)).toBeCloseTo(event.walletAfter, 2)
    }
  })

  test('how often each symbol was, and what the terms are, stand beside it', () => {
    const { perpetuals } = gone.document
    const rows = table(section(gone.html, 'margin'), 'What positions were held to')
    for (const [k, cells] of rows.entries()) {
      const { count } = perpetuals[k]!.liquidations
      expect(cells.slice(0, 3)).toEqual([perpetuals[k]!.symbol, 'isolated', '20×'])
      expect(cells.at(-1)).toBe(count === 0 ? 'never' : `${count}×`)
    }
    expect(section(gone.html, 'portfolio')).toContain('the position that is nearest to its liquidation')
  })

  test('funding that was switched off is said, and nothing of it is drawn', async () => {
    const off = await makeRun(scratch(), recklessFile(), ...PERPETUALS, '--to', '2024-05-20', '--funding', 'off')
    expect(section(off.html, 'margin')).toContain('<strong>Funding was switched off.</strong>')
    expect(section(off.html, 'costs')).toContain('switched off')
    expect(off.html).not.toContain('id="chart-funding"')
    expect(off.document.perpetuals.map(({ funding }) => funding)).toEqual([null, null])
  })
})

test('what the page of perpetuals is drawn from is the run’s own', async () => {
  const run = await readRun(
    join(ROOT, 'strategies', 'perp-trend.ts'),
    ...PERPETUALS,
    '--leverage',
    '3',
    '--to',
    '2024-07-01',
  )
  const whole = readFileSync(run.page, 'utf8')
  const [, text] = /<script type="application\/json" id="payload">(.*?)<\/script>/s.exec(whole)!
  const { account } = JSON.parse(text!) as { account: Record<string, { name: string; v: number[] }[]> }
  expect(Object.fromEntries(Object.entries(account).map(([of, lines]) => [of, lines.map(({ name }) => name)]))).toEqual(
    {
      exposure: ['gross', 'net'],
      margin: ['initial margin', 'maintenance margin'],
      funding: ['BTCUSDT', 'ETHUSDT', 'together'],
    },
  )
  const last = (name: string) => account['funding']!.find((line) => line.name === name)!.v.at(-1)!
  for (const { symbol, funding } of run.document.perpetuals)
    expect(last(symbol)).toBeCloseTo(funding!.paid - funding!.received, 5)
  expect(last('together')).toBeCloseTo(run.document.costs.funding, 5)
  expect(Math.min(...account['exposure']![1]!.v)).toBeLessThan(-0.5)
  const gross = account['exposure']![0]!.v
  expect(Math.max(...gross)).toBeCloseTo(Math.max(...run.equity.exposure), 4)
})
