import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunDocument } from '../../src/core/run.ts'
import { parseTradesCsv } from '../../src/tables/trades-csv.ts'
import { klinelab, ROOT, scratch } from '../cli/klinelab.ts'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)
const out = scratch()

interface Made {
  readonly page: string
  readonly html: string
  readonly document: RunDocument
}

/** The page without the data and libraries behind it. */
function visible(html: string): string {
  return html.slice(0, html.indexOf('<script type="application/json"'))
}

function make(...args: string[]): Made {
  const done = klinelab(['backtest', ...args, '--out', out, '--json'])
  if (done.code !== 0) throw new Error(done.stderr)
  const { dir } = done.json<{ dir: string }>()
  const page = join(dir, 'report.html')
  return { page, html: visible(readFileSync(page, 'utf8')), document: JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8')) }
}

const EVIL = `</script><img src=x onerror="document.title='broken'"><b>'"&`
const evilStrategy = `import { buy, close, defineStrategy } from 'klinelab'
export default defineStrategy({
  name: 'evil',
  state: () => ({ n: 0 }),
  onBar({ position, state }) {
    state.n++
    if (state.n % 20 === 1) return buy({ qty: 0.01, tag: ${JSON.stringify(EVIL)} })
    if (state.n % 20 === 11 && position.qty > 0) return close({ tag: ${JSON.stringify(EVIL)} })
  },
})
`

describe('the page as text', () => {
  const btc = make(join(ROOT, 'strategies', 'sma-cross.ts'), '--data', 'binance:BTCUSDT:1h')

  test('it has everything the contract names, in its order', () => {
    const ids = [...btc.html.matchAll(/<section id="([\w-]+)"/g)].map(([, id]) => id)
    expect(ids).toEqual([
      'remarks',
      'equity',
      'price',
      'months',
      'distribution',
      'costs',
      'split',
      'orders',
      'data',
      'trades',
      'metrics',
      'reproduce',
    ])
    for (const text of [
      btc.document.reproduce.command,
      btc.document.data[0]!.sha256,
      btc.document.tradeHash,
      'INSUFFICIENT_BALANCE',
      'first missing',
    ])
      expect(btc.html).toContain(text)
  })

  test('every figure of run.json is on it, and no formula is missing', () => {
    for (const [key, value] of Object.entries(btc.document.metrics)) {
      if (value === null) expect(btc.html).toContain(btc.document.notes[key])
    }
    const rows = [...btc.html.matchAll(/<abbr title="/g)]
    expect(rows).toHaveLength(Object.keys(btc.document.metrics).length)
  })

  test('nothing is loaded from anywhere', () => {
    expect(btc.html).toMatch(/Content-Security-Policy" content="default-src 'none'/)
    expect(btc.html).not.toMatch(/<(script|img|link|iframe)[^>]+(src|href)="(?!data:)/)
    expect(readFileSync(btc.page, 'utf8')).not.toContain('sourceMappingURL')
  })

  test('every chart has words beside it and every table a caption', () => {
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
    expect([...btc.html.matchAll(/<table/g)].length).toBe([...btc.html.matchAll(/<caption>[^<]+/g)].length)
  })

  test('a strategy that never traded has a page too, with reasons in place of figures', () => {
    const still = make(
      scratchStrategy(
        "import { defineStrategy } from 'klinelab'\nexport default defineStrategy({ name: 'still', onBar() {} })\n",
      ),
      '--data',
      'binance:BTCUSDT:1h',
      '--from',
      '2024-01-01',
      '--to',
      '2024-01-15',
    )
    expect(still.html).toContain('No trade was closed')
    expect(still.html).not.toMatch(/>\s*(NaN|Infinity|undefined|null)\b/)
    expect(still.document.metrics['winRate']).toBeNull()
    expect(still.html).toContain(still.document.notes['winRate'])
  })
})

function scratchStrategy(text: string): string {
  const file = join(scratch(), 'strategy.ts')
  writeFileSync(file, text)
  return file
}

describe.skipIf(CHROMIUM === undefined)('the page in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] })
  })
  afterAll(() => browser.close())

  async function open(
    page: string,
    options: { width?: number; dark?: boolean } = {},
  ): Promise<{ page: Page; noise: string[] }> {
    const context = await browser.newContext({
      viewport: { width: options.width ?? 1280, height: 900 },
      colorScheme: options.dark ? 'dark' : 'light',
    })
    const noise: string[] = []
    const tab = await context.newPage()
    tab.on('console', (message) => noise.push(`${message.type()}: ${message.text()}`))
    tab.on('pageerror', (error) => noise.push(`error: ${error.message}`))
    const address = pathToFileURL(page).href
    tab.on('request', (request) => {
      if (request.url() !== address && !request.url().startsWith('data:')) noise.push(`request: ${request.url()}`)
    })
    await tab.goto(address)
    return { page: tab, noise }
  }

  async function drawAll(page: Page): Promise<string[]> {
    for (const chart of await page.locator('.chart').all()) {
      await chart.scrollIntoViewIfNeeded()
      await chart.evaluate(
        (element) =>
          new Promise<void>((resolve) => {
            const wait = () => (element.dataset['drawn'] === 'yes' ? resolve() : setTimeout(wait, 20))
            wait()
          }),
      )
    }
    return page.locator('.chart[data-drawn=yes]').evaluateAll((all) => all.map((one) => one.id))
  }

  test.each([
    { width: 1400, dark: false },
    { width: 1400, dark: true },
    { width: 380, dark: false },
  ])(
    'all charts are drawn at $width pixels, dark: $dark, with no console message, no request, no sideways scroll',
    async (options) => {
      const run = make(
        join(ROOT, 'strategies', 'donchian-breakout.ts'),
        '--data',
        'binance:BTCUSDT:1h',
        'binance:ETHUSDT:1h',
      )
      const { page, noise } = await open(run.page, options)
      expect(await drawAll(page)).toEqual([
        'chart-equity',
        'chart-drawdown',
        'chart-price',
        'chart-trade',
        'chart-returns',
        'chart-holding',
        'chart-excursion',
      ])
      expect(noise).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(options.width)
      const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      expect(paper).toBe(options.dark ? 'rgb(20, 22, 26)' : 'rgb(251, 250, 247)')
      await page.context().close()
    },
  )

  test('the trade table sorts, filters and turns its pages, and its figures are those of trades.csv', async () => {
    const run = make(join(ROOT, 'strategies', 'rsi-reversion.ts'), '--data', 'binance:BTCUSDT:1h')
    const trades = parseTradesCsv(readFileSync(join(run.page, '..', 'trades.csv'), 'utf8'))
    const { page, noise } = await open(run.page)
    const rows = () =>
      page
        .locator('#trade-table tbody tr')
        .evaluateAll((all) => all.map((row) => (row as HTMLTableRowElement).cells[0]!.textContent))
    expect((await rows()).slice(0, 3)).toEqual(['1', '2', '3'])
    expect(await page.locator('#page-words').textContent()).toBe(`page 1 of ${Math.ceil(trades.length / 50)}`)
    await page.locator('#page-after').click()
    expect((await rows())[0]).toBe('51')
    await page.locator('#trade-table th button[data-key=pnl]').click()
    await page.locator('#trade-table th button[data-key=pnl]').click()
    const byPnl = trades.map((trade, k) => ({ n: k + 1, pnl: trade.pnl })).sort((a, b) => b.pnl - a.pnl || a.n - b.n)
    expect((await rows()).slice(0, 5)).toEqual(byPnl.slice(0, 5).map((trade) => String(trade.n)))
    expect(await page.locator('th[aria-sort=descending]').count()).toBe(1)
    await page.locator('#trade-filter').fill('2024-05')
    const may = trades.filter((trade) =>
      [trade.entryTime, trade.exitTime].some((time) => new Date(time).toISOString().startsWith('2024-05')),
    )
    expect(await page.locator('#trade-count').textContent()).toBe(`${may.length} of ${trades.length} trades`)
    await page.locator('#trade-filter').fill('')
    await page.locator('#trade-result').selectOption('1')
    expect(await page.locator('#trade-count').textContent()).toContain(
      `${trades.filter((trade) => trade.pnl > 0).length} of`,
    )
    expect(noise).toEqual([])
    await page.context().close()
  })

  test('one trade is shown with every bar around it', async () => {
    const run = make(join(ROOT, 'strategies', 'sma-cross.ts'), '--data', 'binance:BTCUSDT:1h')
    const { page, noise } = await open(run.page)
    await page.locator('#trade-choice').selectOption('0')
    const view = await page.evaluate(() => JSON.parse(document.getElementById('payload')!.textContent!).views[0])
    const trade = parseTradesCsv(readFileSync(join(run.page, '..', 'trades.csv'), 'utf8'))[0]!
    expect(view.stretches[0].from).toBe(trade.entryTime - 24 * 3_600_000)
    expect(view.stretches[0].steps).toHaveLength(trade.bars + 48)
    expect(await page.locator('#trade-words').textContent()).toContain(
      new Date(trade.entryTime).toISOString().slice(0, 10),
    )
    await page.locator('#chart-trade').scrollIntoViewIfNeeded()
    await page.waitForSelector('#chart-trade[data-drawn=yes]')
    expect(noise).toEqual([])
    await page.context().close()
  })

  test('a tag that is markup stays text', async () => {
    const run = make(
      scratchStrategy(evilStrategy),
      '--data',
      'binance:BTCUSDT:1h',
      '--from',
      '2024-01-01',
      '--to',
      '2024-02-01',
    )
    const { page, noise } = await open(run.page)
    await drawAll(page)
    expect(await page.title()).toBe('evil · klinelab')
    expect(await page.locator('#trade-table tbody td:last-child').first().textContent()).toBe(EVIL)
    expect(await page.locator('img').count()).toBe(0)
    expect(noise).toEqual([])
    await page.context().close()
  })

  test('the button turns light into dark and draws again', async () => {
    const run = make(join(ROOT, 'strategies', 'sma-cross.ts'), '--data', 'binance:BTCUSDT:1h', '--from', '2025-01-01')
    const { page, noise } = await open(run.page)
    await page.locator('#theme').click()
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(20, 22, 26)')
    await page.locator('#theme').click()
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(251, 250, 247)')
    expect(noise).toEqual([])
    await page.context().close()
  })
})
