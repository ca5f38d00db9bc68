import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { amount, moment, price, quantity, signedPercent } from '../../src/report/format.ts'
import { parseTradesCsv } from '../../src/tables/trades-csv.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'
import { CONTRAST } from './contrast.ts'
import { makeRun, type ReportedRun } from './reported-run.ts'
import { CHROMIUM, drawn, inPage, leave, openWatched, texts, VIEWS } from './watched-page.ts'

const EVIL = `</script><img src=x onerror="document.title='broken'"><b>'"&`
const EVIL_STRATEGY = `import { buy, close, defineStrategy } from 'klinelab'
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
const CHARTS = ['equity', 'drawdown', 'price', 'trade', 'returns', 'holding', 'excursion', 'exposure'].map(
  (name) => `chart-${name}`,
)

describe.skipIf(CHROMIUM === undefined)('the page in a browser', () => {
  /** Two instruments, hundreds of trades. */
  let run: ReportedRun
  let trades: ReturnType<typeof parseTradesCsv>
  let shared: Page | undefined
  const noise: string[] = []

  beforeAll(async () => {
    run = await makeRun(
      scratch(),
      join(ROOT, 'strategies', 'donchian-breakout.ts'),
      ...['--data', 'binance:BTCUSDT:1h', 'binance:ETHUSDT:1h'],
    )
    trades = parseTradesCsv(readFileSync(join(run.dir, 'trades.csv'), 'utf8'))
  })
  afterAll(() => shared && leave(shared))
  // whatever a test does: no message, no error, no request
  afterEach(() => expect(noise.splice(0)).toEqual([]))

  const open = (options: BrowserContextOptions = {}, file = run.page) => openWatched(file, noise, options)

  /** One page for all tests that need no fresh one; still, so that what is scrolled to stays where it is. */
  async function look({ width = 1280, colorScheme = 'light' as 'light' | 'dark' } = {}): Promise<Page> {
    shared ??= await open({ reducedMotion: 'reduce' })
    await shared.setViewportSize({ width, height: 900 })
    await shared.emulateMedia({ colorScheme })
    return shared
  }

  const axis = async (page: Page, id: string) => texts(page, `#${id} svg .role-axis-label text`)

  test.each(VIEWS)(
    'at $width pixels in $colorScheme every chart is drawn within its frame, nothing scrolls sideways, all text can be read',
    async ({ width, colorScheme }) => {
      const page = await look({ width, colorScheme })
      await drawn(page, CHARTS)
      expect(await inPage(page, `[...document.querySelectorAll('.chart')].map((chart) => chart.id)`)).toEqual(CHARTS)
      expect(await inPage(page, 'document.documentElement.scrollWidth')).toBe(width)
      const overflowing = `[...document.querySelectorAll('.chart')].filter((chart) => {
        const drawing = chart.querySelector('svg, canvas').getBoundingClientRect(), frame = chart.getBoundingClientRect()
        return drawing.right > frame.right + 1 || drawing.bottom > frame.bottom + 1 || drawing.width < frame.width * 0.8 || drawing.width < chart.querySelector('svg').viewBox.baseVal.width * 0.98
      }).map((chart) => chart.id)`
      // charts are drawn again for the new width
      await expect.poll(() => inPage(page, overflowing)).toEqual([])
      const outside = `[...document.querySelectorAll('button, input, select')].filter((one) => !one.closest('.scroll') && one.getBoundingClientRect().right > ${width}).length`
      expect(await inPage(page, outside)).toBe(0)
      const selectors = [
        ...[
          '.sentence',
          '.card dt',
          '.card .value',
          '.card .peer',
          '.words',
          'caption',
          'thead th',
          '#months .heat.bad',
        ],
        ...['#months .heat.good', '#trade-table .good', '#trade-table .bad', 'nav a', '.formula', 'footer p'],
        ...CHARTS.map((id) => `#${id} svg .role-axis-label text`),
      ]
      const contrasts = await inPage<number[]>(page, `(${CONTRAST})(${JSON.stringify(selectors)})`)
      for (const [k, contrast] of contrasts.entries()) expect(contrast, selectors[k]).toBeGreaterThan(4.5)
    },
  )

  test('everything a reader can meet has a name, headings do not skip, ids are unique', async () => {
    const page = await look()
    await drawn(page, CHARTS)
    await inPage(page, `document.querySelectorAll('details').forEach((part) => (part.open = true))`)
    const session = await page.context().newCDPSession(page)
    const { nodes } = await session.send('Accessibility.getFullAXTree')
    const met = new Map<string, number>()
    for (const node of nodes) {
      const role = String(node.role?.value)
      if (
        node.ignored ||
        !/^(button|link|combobox|searchbox|textbox|checkbox|image|img|table|region|navigation|heading|group)$/.test(
          role,
        )
      )
        continue
      met.set(role, (met.get(role) ?? 0) + 1)
      if (role !== 'group') expect(String(node.name?.value ?? ''), JSON.stringify(node)).not.toBe('')
      if (role === 'image' || role === 'img') expect(String(node.description?.value ?? '').length).toBeGreaterThan(20)
    }
    // a chart is one picture, whatever its library thinks of every mark in it
    expect(met.get('image') ?? met.get('img')).toBe(CHARTS.length)
    expect(met.get('table')).toBeGreaterThan(15)
    expect(met.get('button')).toBeGreaterThan(40)
    const levels = await inPage<number[]>(
      page,
      `[...document.querySelectorAll('h1,h2,h3')].map((head) => Number(head.tagName[1]))`,
    )
    expect(levels[0]).toBe(1)
    for (const [k, level] of levels.entries()) expect(level - (levels[k - 1] ?? 0)).toBeLessThanOrEqual(1)
    const ids = await inPage<string[]>(page, `[...document.querySelectorAll('[id]')].map((one) => one.id)`)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('with the keyboard alone: skip, zoom, choose a trade, sort, turn dark', async () => {
    const page = await open({ reducedMotion: 'reduce' })
    const focused = () =>
      inPage<string>(
        page,
        `document.activeElement.id || document.activeElement.className || document.activeElement.textContent`,
      )
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('skip')
    await page.keyboard.press('Enter')
    expect(await focused()).toBe('main')
    await drawn(page, ['chart-equity', 'chart-drawdown'])
    const whole = await axis(page, 'chart-equity')
    await page.locator('#equity [data-zoom=in]').focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => axis(page, 'chart-equity')).not.toEqual(whole)
    await page.locator('#trade-choice').focus()
    await page.keyboard.press('Home')
    expect(await page.locator('#trade-words').textContent()).toMatch(/^Trade 1,/)
    await page.keyboard.press('ArrowDown')
    expect(await page.locator('#trade-words').textContent()).not.toMatch(/^Trade 1,/)
    await page.locator('#trade-table th button[data-key=return]').focus()
    await page.keyboard.press('Enter')
    expect(await page.locator('#trade-table thead th[aria-sort=ascending]').textContent()).toBe('Return')
    await page.locator('#theme').focus()
    expect(await page.locator('#theme').getAttribute('aria-pressed')).toBe('false')
    await page.keyboard.press('Space')
    expect(await page.locator('#theme').getAttribute('aria-pressed')).toBe('true')
    expect(await inPage(page, 'getComputedStyle(document.body).backgroundColor')).toBe('rgb(20, 22, 26)')
    const label = `getComputedStyle(document.querySelector('#chart-equity svg .role-axis-label text')).fill`
    expect(await inPage(page, label)).toBe('rgb(163, 169, 181)')
    leave(page)
  })

  test('charts over time move together, show the range of what is in sight, and come back', async () => {
    const page = await look()
    await drawn(page, ['chart-price', 'chart-equity', 'chart-drawdown'])
    const months = async (id: string) =>
      (await axis(page, id)).filter((text) => /^([A-Z][a-z]{2}|\d{4}|\d\d [A-Z][a-z]{2})$/.test(text)).sort()
    const values = async () =>
      (await axis(page, 'chart-price')).filter((text) => /^[\d\u202f]+$/.test(text) && !/^20\d\d$/.test(text))
    const [before, high] = [await months('chart-equity'), await values()]
    for (const _ of [1, 2]) await page.locator('#equity [data-zoom=in]').click()
    for (const _ of [1, 2, 3]) await page.locator('#price [data-zoom=back]').click()
    await expect.poll(() => months('chart-equity')).not.toEqual(before)
    const zoomed = await months('chart-equity')
    await expect.poll(() => months('chart-drawdown')).toEqual(zoomed)
    await expect.poll(async () => (await months('chart-price')).filter((text) => text !== '2022')).toEqual(zoomed)
    // the first quarter is 2022 and a month: bitcoin between 15 000 and 49 000
    expect(Math.max(...(await values()).map((text) => Number(text.replace('\u202f', ''))))).toBeLessThan(60_000)
    await page.locator('#chart-equity').scrollIntoViewIfNeeded()
    const box = (await page.locator('#chart-equity').boundingBox())!
    await page.mouse.move(box.x + 300, box.y + 150)
    expect(await page.locator('#chart-equity-r').textContent()).toMatch(
      /^2022-\d\d-\d\d \d\d:\d\d: strategy [\d\u202f.]+, buy and hold [\d\u202f.]+$/,
    )
    await page.mouse.down()
    await page.mouse.move(box.x + 100, box.y + 150, { steps: 4 })
    await page.mouse.up()
    await expect.poll(() => months('chart-equity')).not.toEqual(zoomed)
    const dragged = await months('chart-equity')
    await expect.poll(() => months('chart-drawdown')).toEqual(dragged)
    await page.locator('#price [data-zoom=all]').click()
    await expect.poll(() => months('chart-equity')).toEqual(before)
    expect(await values()).toEqual(high)
    await page.locator('#equity [data-log]').check()
    expect(await page.locator('#price [data-log]').isChecked()).toBe(true)
    await expect.poll(values).not.toEqual(high)
  })

  test('a mark on the price leads to its trade, bar by bar', async () => {
    const page = await look()
    await drawn(page, ['chart-price'])
    const ofBtc = trades.map((_, k) => k).filter((k) => trades[k]!.symbol === 'BTCUSDT')
    const stillOpen = (symbol: string) => run.document.openTrades.filter((trade) => trade.symbol === symbol).length
    const marks = page.locator('#chart-price svg .mark-symbol path')
    expect(await marks.count()).toBe(2 * ofBtc.length + stillOpen('BTCUSDT'))
    // entry, exit, entry, exit …; some lie under others, so take an exit on which nothing lies
    const free = await inPage<number>(
      page,
      `[...document.querySelectorAll('#chart-price svg .mark-symbol path')].findIndex((mark, k) => {
        const box = mark.getBoundingClientRect()
        return k > 100 && k % 2 === 1 && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === mark
      })`,
    )
    await marks.nth(free).click()
    const chosen = ofBtc[(free - 1) / 2]!
    const trade = trades[chosen]!
    const words = await page.locator('#trade-words').textContent()
    expect(words).toContain(
      `Trade ${chosen + 1}, long ${quantity(trade.qty)} BTCUSDT: in at ${price(trade.entryPrice)} on ${moment(trade.entryTime)}`,
    )
    expect(words).toContain(`out at ${price(trade.exitPrice)} on ${moment(trade.exitTime)}`)
    await drawn(page, ['chart-trade'])
    expect((await texts(page, '#chart-trade svg .mark-text text')).join(' ')).toContain(`out ${price(trade.exitPrice)}`)
    await page.locator('#price-symbol').selectOption({ label: 'ETHUSDT' })
    await expect.poll(() => marks.count()).toBe(2 * (trades.length - ofBtc.length) + stillOpen('ETHUSDT'))
    await page.locator('#trade-worst').click()
    const worst = trades.reduce((a, b) => (b.return < a.return ? b : a))
    expect(await page.locator('#trade-words').textContent()).toContain(`(${signedPercent(worst.return)})`)
  })

  test('the trade table sorts, filters and turns its pages, and its cells are those of trades.csv', async () => {
    const page = await look()
    const rows = () =>
      inPage<string[][]>(
        page,
        `[...document.querySelectorAll('#trade-table tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))`,
      )
    const numbers = async () => (await rows()).map((cells) => cells[0])
    const cells = trades.map((trade, k) => [
      ...[String(k + 1), trade.symbol, moment(trade.entryTime), price(trade.entryPrice), moment(trade.exitTime)],
      ...[
        price(trade.exitPrice),
        quantity(trade.qty),
        amount(trade.fees, run.document),
        amount(trade.pnl, run.document),
      ],
      ...[signedPercent(trade.return), String(trade.bars), signedPercent(trade.mae), signedPercent(trade.mfe)],
      ...[trade.entryTag, trade.exitTag],
    ])
    expect(await rows()).toEqual(cells.slice(0, 25))
    expect(await page.locator('#page-words').textContent()).toBe(`page 1 of ${Math.ceil(trades.length / 25)}`)
    expect(await page.locator('#page-before').isDisabled()).toBe(true)
    await page.locator('#page-after').click()
    expect(await rows()).toEqual(cells.slice(25, 50))
    const byPnl = trades.map((trade, k) => ({ n: String(k + 1), pnl: trade.pnl })).sort((a, b) => b.pnl - a.pnl)
    await page.locator('#trade-table th button[data-key=pnl]').click()
    await page.locator('#trade-table th button[data-key=pnl]').click()
    expect((await numbers()).slice(0, 5)).toEqual(byPnl.slice(0, 5).map(({ n }) => n))
    expect(await page.locator('#trade-table thead th[aria-sort=descending]').count()).toBe(1)
    await page.locator('#trade-filter').fill('ethusdt 2024-05')
    const may = trades.filter(
      (trade) =>
        trade.symbol === 'ETHUSDT' &&
        [trade.entryTime, trade.exitTime].some((time) => moment(time).startsWith('2024-05')),
    )
    expect(may.length).toBeGreaterThan(0)
    expect(await page.locator('#trade-count').textContent()).toBe(`${may.length} of ${trades.length} trades`)
    await page.locator('#trade-filter').fill('')
    await page.locator('#trade-result').selectOption('1')
    const won = trades.filter((trade) => trade.pnl > 0).length
    expect(await page.locator('#trade-count').textContent()).toBe(`${won} of ${trades.length} trades`)
  })

  test('on paper all is there, unfolded and in light, and afterwards the page is as it was', async () => {
    const page = await open({ colorScheme: 'dark' })
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    const visible = (selector: string) => page.locator(selector).first().isVisible()
    expect(await visible('#metrics table')).toBe(false)
    const paper = () => inPage(page, 'getComputedStyle(document.body).backgroundColor')
    expect(await paper()).toBe('rgb(255, 255, 255)')
    await inPage(page, `dispatchEvent(new Event('beforeprint'))`)
    for (const id of CHARTS) await page.waitForSelector(`#${id}[data-drawn=yes]`, { state: 'attached' })
    expect(await visible('#metrics table')).toBe(true)
    for (const gone of ['nav', '#theme', '#page-after', '.zoom', '#copy']) expect(await visible(gone), gone).toBe(false)
    expect(await page.locator('#trade-table tbody tr').count()).toBe(Math.min(500, trades.length))
    expect(await paper()).toBe('rgb(255, 255, 255)')
    expect(
      await inPage(page, `getComputedStyle(document.querySelector('#chart-equity svg .role-axis-label text')).fill`),
    ).toBe('rgb(68, 68, 68)')
    await inPage(page, `dispatchEvent(new Event('afterprint'))`)
    await page.emulateMedia({ media: 'screen', colorScheme: 'dark' })
    expect(await visible('#metrics table')).toBe(false)
    expect(await page.locator('#trade-table tbody tr').count()).toBe(25)
    expect(await paper()).toBe('rgb(20, 22, 26)')
    const pdf = await page.pdf({ format: 'A4', printBackground: true })
    const pages = pdf.toString('latin1').match(/\/Type \/Page\b/g)!.length
    expect(pages).toBeGreaterThan(5)
    expect(pages).toBeLessThan(30)
    leave(page)
  })

  test('without scripts every figure is there, and it says what is not', async () => {
    const page = await open({ javaScriptEnabled: false })
    expect(await page.locator('noscript').first().isVisible()).toBe(true)
    expect(await page.locator('.card').count()).toBe(8)
    expect(await page.locator('#metrics tbody tr').count()).toBe(Object.keys(run.document.metrics).length)
    leave(page)
  })

  test('a tag that is markup stays text', async () => {
    const file = join(scratch(), 'strategy.ts')
    writeFileSync(file, EVIL_STRATEGY)
    const evil = await makeRun(
      scratch(),
      file,
      '--data',
      'binance:BTCUSDT:1h',
      '--from',
      '2024-01-01',
      '--to',
      '2024-02-01',
    )
    const page = await open({}, evil.page)
    await drawn(page, CHARTS)
    expect(await page.title()).toBe('evil · klinelab')
    expect(await page.locator('#trade-table tbody td:last-child').first().textContent()).toBe(EVIL)
    expect(await page.locator('#split th[scope=row]').allTextContents()).toContain(EVIL)
    expect(await page.locator('img').count()).toBe(0)
    leave(page)
  })
})
