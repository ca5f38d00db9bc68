import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { METRICS } from '../../src/metrics/index.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'
import { read, rowsOf, section } from './page-text.ts'
import { makeRun, type ReportedRun } from './reported-run.ts'

const strategy = (name: string) => join(ROOT, 'strategies', `${name}.ts`)

/** A strategy of these lines in a file of its own. */
function scratchStrategy(text: string): string {
  const file = join(scratch(), 'strategy.ts')
  writeFileSync(file, text)
  return file
}

describe('the page as text', () => {
  let btc: ReportedRun
  beforeAll(async () => {
    btc = await makeRun(scratch(), strategy('sma-cross'), '--data', 'binance:BTCUSDT:1h')
  })

  test('it has everything the contract names, in its order', () => {
    const ids = [...btc.html.matchAll(/<section id="([\w-]+)"/g)].map(([, id]) => id)
    expect(ids).toEqual([
      'verdict',
      'tried',
      'equity',
      'remarks',
      'price',
      'months',
      'distribution',
      'costs',
      'luck',
      'split',
      'portfolio',
      'orders',
      'data',
      'trades',
      'metrics',
      'reproduce',
    ])
    const linked = [...btc.html.matchAll(/<a href="#([\w-]+)"/g)].map(([, id]) => id)
    for (const id of linked) expect([...ids, 'main']).toContain(id)
    // what the ledger says is no part of the run, and the list of contents is
    for (const id of ids.slice(1)) if (id !== 'tried') expect(linked).toContain(id)
  })

  test('it can be made again from what it says', () => {
    const { reproduce, data, tradeHash, seed, engine } = btc.document
    const block = section(btc.html, 'reproduce')
    for (const text of [
      reproduce.command,
      reproduce.code,
      reproduce.config,
      data[0]!.sha256,
      tradeHash,
      engine.version,
    ])
      expect(block).toContain(text)
    const rows = rowsOf(block)
    expect(rows).toContainEqual(['Seed', String(seed)])
  })

  test('every figure of run.json is in its table, to the last digit shown', () => {
    const rows = new Map(rowsOf(section(btc.html, 'metrics')).map((cells) => [cells[0], cells]))
    const { metrics } = btc.document
    expect(Object.keys(metrics).sort()).toEqual(METRICS.map((metric) => metric.key).sort())
    for (const { key, label, unit, formula } of METRICS) {
      const [, shown, how] = rows.get(escaped(label)) ?? []
      expect(how, key).toContain(escaped(formula))
      const value = metrics[key]!
      if (value === null) expect(shown, key).toBe(`– ${escaped(btc.document.notes[key]!)}`)
      else if (unit === 'time') expect(Date.parse(`${shown!.replace(' ', 'T')}Z`), key).toBe(value)
      else if (unit !== 'ms')
        expect(Math.abs(read(shown!) - value), key).toBeLessThanOrEqual(precision(shown!) / 2 + 1e-12)
    }
  })

  /** One unit of the last digit shown. */
  function precision(shown: string): number {
    const decimals = /\.(\d+)/.exec(shown)?.[1]?.length ?? 0
    return 10 ** -decimals * (shown.includes('%') ? 0.01 : 1) * (1 + 1e-9)
  }

  function escaped(text: string): string {
    return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
  }

  test('months compound to their years, and years to the whole', () => {
    const years = rowsOf(section(btc.html, 'months')).slice(1)
    let whole = 1
    for (const [, ...cells] of years) {
      const months = cells
        .slice(0, 12)
        .filter((cell) => cell !== '·')
        .map(read)
      const year = months.reduce((product, month) => product * (1 + month), 1) - 1
      // twelve months, each rounded to 0.1 %
      expect(Math.abs(year - read(cells[12]!))).toBeLessThan(0.0075)
      whole *= 1 + read(cells[12]!)
    }
    expect(years.map(([year]) => year)).toEqual(['2022', '2023', '2024', '2025', '2026'])
    expect(Math.abs(whole - 1 - btc.document.metrics['totalReturn']!)).toBeLessThan(0.003)
  })

  test('costs by kind add up, and what is left of the profit before them is the profit', () => {
    const { costs, metrics } = btc.document
    const rows = rowsOf(section(btc.html, 'costs')).slice(1)
    const [fees, slippage, funding, together] = rows.map((cells) => read(cells[1]!))
    expect([fees, slippage, funding]).toEqual(
      [costs.fees, costs.slippage, costs.funding].map((x) => Number(x.toFixed(2))),
    )
    expect(Math.abs(fees! + slippage! + funding! - together!)).toBeLessThan(0.02)
    expect(Math.abs(read(rows[3]![2]!) - metrics['costShare']!)).toBeLessThanOrEqual(0.0005)
  })

  test('nothing of margin is on a page of spot', () => {
    expect(section(btc.html, 'costs')).toContain('spot has none')
    expect(btc.html).not.toMatch(/class="bar|id="chart-(margin|funding)"|id="margin"|leverage/)
    expect(section(btc.html, 'verdict')).not.toContain('liquidat')
  })

  test('each way of splitting has every trade once', () => {
    const tables = section(btc.html, 'split').split('<table>').slice(1)
    expect(tables).toHaveLength(3)
    for (const table of tables) {
      const rows = rowsOf(table).slice(1)
      expect(rows.reduce((sum, cells) => sum + read(cells[1]!), 0)).toBe(btc.document.metrics['trades'])
    }
  })

  test('the certificate names the gap, and says that nothing was repaired', () => {
    const data = section(btc.html, 'data')
    expect(data).toContain('Nothing was repaired or filled in')
    const rows = rowsOf(data)
    expect(rows).toContainEqual(['2023-03-24 13:00', '2023-03-24 14:00', '1'])
    expect(rows[0]!.indexOf('Repaired')).toBe(rows[1]!.indexOf('nothing'))
  })

  test('nothing is loaded from anywhere', () => {
    expect(btc.html).toMatch(/Content-Security-Policy" content="default-src 'none'/)
    expect(btc.html).not.toMatch(/<(script|img|link|iframe)[^>]+(src|href)="(?!data:)/)
    const whole = readFileSync(btc.page, 'utf8')
    expect(whole).not.toContain('sourceMappingURL')
    expect(whole.match(/<\/script>/g)).toHaveLength(5)
  })

  test('every chart has a name and words beside it, every table a caption and heads with text', () => {
    const charts = [
      ...btc.html.matchAll(
        /class="chart" id="([\w-]+)" role="img" aria-labelledby="([\w-]+)" aria-describedby="([\w-]+)"/g,
      ),
    ]
    expect(charts.length).toBeGreaterThanOrEqual(7)
    for (const [, , caption, words] of charts) {
      expect(btc.html).toMatch(new RegExp(`id="${caption}">[^<]{5,}`))
      expect(btc.html).toMatch(new RegExp(`id="${words}">[^<]{20,}`))
    }
    const tables = [...btc.html.matchAll(/<table[^>]*>(.*?)<\/table>/gs)]
    expect(tables.length).toBeGreaterThan(15)
    for (const [, table] of tables) expect(table).toMatch(/^<caption><span>[^<]+<\/span><\/caption>/)
  })

  test('the same run is the same bytes in another country', async () => {
    const [from, to] = ['2024-01-01', '2024-07-01']
    const run = async (env: Record<string, string>) => {
      const made = await makeRun(
        scratch(),
        { env },
        strategy('rsi-reversion'),
        '--data',
        'binance:BTCUSDT:1h',
        '--from',
        from,
        '--to',
        to,
      )
      return readFileSync(made.page)
    }
    const here = await run({ TZ: 'UTC', LANG: 'C.UTF-8' })
    const there = await run({ TZ: 'Asia/Kathmandu', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' })
    expect(there.equals(here)).toBe(true)
  })
})

describe('a page of something unusual', () => {
  const january = ['--data', 'binance:BTCUSDT:1h', '--from', '2024-01-01', '--to', '2024-01-15']

  test('a strategy that never traded has a page too, with reasons in place of figures', async () => {
    const still = await makeRun(
      scratch(),
      scratchStrategy(
        "import { defineStrategy } from 'klinelab'\nexport default defineStrategy({ name: 'still', onBar() {} })\n",
      ),
      ...january,
    )
    expect(still.html).toContain('Never traded')
    expect(still.html).toContain('No trade was closed')
    expect(still.html).not.toMatch(/>\s*(NaN|Infinity|undefined|null)\b/)
    expect(still.html).not.toContain('id="chart-trade"')
    expect(still.document.metrics['winRate']).toBeNull()
    expect(still.html).toContain(still.document.notes['winRate'])
  })

  test('orders that were refused stand by filter, with the value and the limit of the first', async () => {
    const refused = await makeRun(
      scratch(),
      scratchStrategy(`import { buy, defineStrategy } from 'klinelab'
export default defineStrategy({
  name: 'refused',
  state: () => ({ n: 0 }),
  onBar({ bar, state }) {
    state.n++
    if (state.n <= 3) return buy({ qty: 0.00005 })
    if (state.n <= 5) return buy({ qty: 5 })
    if (state.n === 6) return buy({ qty: 0.01, limit: bar.close * 100 })
  },
})
`),
      ...january,
    )
    const { byFilter, rejected } = refused.document.orders
    expect(rejected).toBe(6)
    const rows = new Map(rowsOf(section(refused.html, 'orders')).map((cells) => [cells[0], cells]))
    for (const [filter, n] of Object.entries(byFilter)) expect(rows.get(filter)![1]).toBe(String(n))
    // 0.00005 BTC at about 42 000 USDT is some 2 USDT; the venue asks for 10
    expect(rows.get('MIN_NOTIONAL')).toEqual([
      'MIN_NOTIONAL',
      '3',
      expect.stringMatching(/^BTCUSDT, 2024-01-01 01:00: 2\.1\d* against (minNotional )?10(\.0+)?$/),
    ])
    expect(rows.get('INSUFFICIENT_BALANCE')![2]).toMatch(/against 10000 USDT free$/)
    expect(section(refused.html, 'orders')).toContain('<strong>6 refused</strong>')
  })

  test('costs that were switched off are said in red before anything else', async () => {
    const free = await makeRun(scratch(), strategy('sma-cross'), ...january, '--no-costs')
    const start = free.html.slice(free.html.indexOf('<section id="verdict"'), free.html.indexOf('class="sentence"'))
    expect(start).toContain('class="alarm" role="alert"')
    expect(start).toContain('All costs were set to zero.')
    expect(free.html).toMatch(/class="card bad"><dt>Costs/)
  })
})
