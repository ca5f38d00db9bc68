import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { EvaluationDocument } from '../../src/core/evaluation.ts'
import { renderEvaluation } from '../../src/report/evaluation-report.ts'
import { reportAssets } from '../../src/runs/report-assets.ts'
import { scratch } from '../cli/klinelab.ts'
import { CONTRAST } from './contrast.ts'
import { type MadeEvaluation, madeEvaluation } from './made-evaluation.ts'
import { CHROMIUM, drawn, inPage, leave, openWatched, texts, VIEWS } from './watched-page.ts'

const EVIL = `</script><img src=x onerror="document.title='broken'"><b>'"&{{datum}}`
const NAMES = [
  'roc',
  'pr',
  'calibration',
  'spread',
  'money',
  'trades',
  'price',
  'p',
  'folds',
  'losses-0',
  'losses-1',
  'importance',
  'drift',
]
const CHARTS = NAMES.map((name) => `chart-${name}`)

describe.skipIf(CHROMIUM === undefined)('the page of an evaluation in a browser', () => {
  let shared: Page | undefined
  const dir = scratch()
  const noise: string[] = []
  const result = madeEvaluation()

  afterAll(() => shared && leave(shared))
  // whatever a test does: no message, no error, no request
  afterEach(() => expect(noise.splice(0)).toEqual([]))

  async function open(made = result, options: BrowserContextOptions = {}): Promise<Page> {
    const file = join(dir, `${Math.round(performance.now() * 1000)}.html`)
    writeFileSync(file, renderEvaluation(made, reportAssets()))
    return openWatched(file, noise, { reducedMotion: 'reduce', ...options })
  }

  async function look({ width = 1280, colorScheme = 'light' as 'light' | 'dark' } = {}): Promise<Page> {
    shared ??= await open()
    await shared.setViewportSize({ width, height: 900 })
    await shared.emulateMedia({ colorScheme })
    return shared
  }

  const charts = (page: Page) =>
    inPage<string[]>(page, `[...document.querySelectorAll('.chart')].map((chart) => chart.id)`)

  test.each(VIEWS)(
    'at $width pixels in $colorScheme every chart is drawn within its frame, nothing scrolls sideways, all text can be read',
    async ({ width, colorScheme }) => {
      const page = await look({ width, colorScheme })
      expect(await charts(page)).toEqual(CHARTS)
      await drawn(page, CHARTS)
      expect(await inPage(page, 'document.documentElement.scrollWidth')).toBe(width)
      const overflowing = `[...document.querySelectorAll('.chart')].filter((chart) => {
        const drawing = chart.querySelector('svg').getBoundingClientRect(), frame = chart.getBoundingClientRect()
        return drawing.right > frame.right + 1 || drawing.bottom > frame.bottom + 1 || drawing.width < frame.width * 0.8
      }).map((chart) => chart.id)`
      await expect.poll(() => inPage(page, overflowing)).toEqual([])
      const colours = `[...new Set([...document.querySelectorAll('.chart svg')].flatMap((svg) => svg.outerHTML.match(/--\\w+/g) ?? []))]
        .filter((name) => getComputedStyle(document.documentElement).getPropertyValue(name) === '')`
      expect(await inPage(page, colours)).toEqual([])
      const selectors = [
        ...['.sentence', '.card dt', '.card .value', '.card .peer', '.words', 'caption', 'thead th', '.how', '.reason'],
        ...[
          '#classes .heat.good',
          '#classes .heat.bad',
          '#baselines .good',
          '#features .mark',
          '.definition',
          'footer p',
        ],
        ...CHARTS.map((id) => `#${id} svg .role-axis-label text`),
      ]
      const contrasts = await inPage<number[]>(page, `(${CONTRAST})(${JSON.stringify(selectors)})`)
      for (const [k, contrast] of contrasts.entries()) expect(contrast, selectors[k]).toBeGreaterThan(4.5)
    },
  )

  test('charts show what the document says: marks by number and place', async () => {
    const page = await look()
    await drawn(page, CHARTS)
    const [one] = result.document.series
    const count = (id: string, mark: string) =>
      page.locator(`#chart-${id} svg ${mark} path, #chart-${id} svg ${mark} line`).count()
    expect(await count('calibration', '.mark-symbol')).toBe(one!.curves.calibration.length)
    expect(await count('folds', '.mark-symbol')).toBe(one!.folds.length)
    expect(await count('importance', '.mark-rect')).toBeGreaterThanOrEqual(one!.features.length)
    expect(await count('drift', '.mark-symbol')).toBe(one!.features.length * one!.folds.length)
    expect(await texts(page, '#chart-price svg .mark-text.role-mark text')).toEqual(
      one!.folds.map(({ fold }) => String(fold)),
    )
    const byImportance = [...one!.features]
      .sort((a, b) => b.importance!.mean - a.importance!.mean)
      .map(({ name }) => name)
    const labels = await texts(page, '#chart-importance svg .role-axis-label text')
    expect(labels.filter((text) => byImportance.includes(text))).toEqual(byImportance)
    // a curve ends where everything is said: at all hits and all false alarms
    const path = (await page.locator('#chart-roc svg .mark-line path').last().getAttribute('d'))!
    const points = path
      .split(/[ML]/)
      .slice(1)
      .map((point) => point.split(',').map(Number))
    expect(points.length).toBeGreaterThan(50)
    const [first, last] = [points[0]!, points.at(-1)!]
    expect(first[0]).toBeCloseTo(0, 3)
    expect(last[1]).toBeCloseTo(0, 3)
    // above the diagonal, by as much as the AUC is above a half
    const wide = last[0]! - first[0]!
    const area = points.slice(1).reduce((sum, [x, y], k) => {
      const [before, level] = points[k]!
      return sum + ((x! - before!) / wide) * (1 - (y! + level!) / 2 / first[1]!)
    }, 0)
    expect(area).toBeCloseTo(one!.pooled.metrics['auc']!, 2)
    expect(points.every(([x, y], k) => k === 0 || (x! >= points[k - 1]![0]! && y! <= points[k - 1]![1]!))).toBe(true)
  })

  test('values under the pointer are told beside a chart’s name', async () => {
    const page = await look()
    const [one] = result.document.series
    const over = async (id: string, at: number) => {
      await drawn(page, [id])
      await page.locator(`#${id}`).scrollIntoViewIfNeeded()
      const box = (await page.locator(`#${id}`).boundingBox())!
      await page.mouse.move(box.x + box.width * at, box.y + box.height / 2)
      return page.locator(`#${id}-r`).textContent()
    }
    expect(await over('chart-money', 0.5)).toMatch(/^p ≥ 0\.\d{3}: [+−]?\d.*, net .* \(\d/)
    expect(await over('chart-p', 0.9)).toMatch(
      new RegExp(`^2023-\\d\\d-\\d\\d \\d\\d:\\d\\d: fold ${one!.folds.length} says p 0\\.\\d{3}$`),
    )
    expect(await over('chart-p', 0.2)).toMatch(/nothing is said$/)
    expect(await over('chart-price', 0.5)).toMatch(/ to .*, close /)
    const bar = (await page.locator('#chart-importance svg .mark-rect path').first().boundingBox())!
    await page.locator('#chart-importance').scrollIntoViewIfNeeded()
    await page
      .locator('#chart-importance svg .mark-rect path')
      .first()
      .hover({ position: { x: bar.width / 4, y: bar.height - 2 } })
    expect(await page.locator('#chart-importance-r').textContent()).toMatch(/^\S+: \d/)
  })

  test('price and p move together, and come back', async () => {
    const page = await look()
    await drawn(page, ['chart-price', 'chart-p'])
    const months = async (id: string) =>
      (await texts(page, `#${id} svg .role-axis-label text`)).filter((text) => /[A-Z]|^20\d\d$/.test(text)).sort()
    const before = await months('chart-price')
    for (const _ of [1, 2]) await page.locator('#price [data-zoom=in]').click()
    await expect.poll(() => months('chart-price')).not.toEqual(before)
    const zoomed = await months('chart-price')
    await expect.poll(() => months('chart-p')).toEqual(zoomed)
    await page.locator('#price [data-log]').check()
    await page.locator('#price [data-zoom=all]').click()
    await expect.poll(() => months('chart-p')).toEqual(before)
    await page.locator('#price [data-log]').uncheck()
  })

  test('everything a reader can meet has a name, headings do not skip, ids are unique', async () => {
    const page = await look()
    await drawn(page, CHARTS)
    await inPage(page, `document.querySelectorAll('details').forEach((part) => (part.open = true))`)
    const session = await page.context().newCDPSession(page)
    const { nodes } = await session.send('Accessibility.getFullAXTree')
    const met = new Map<string, number>()
    for (const node of nodes) {
      const role = String(node.role?.value)
      if (node.ignored || !/^(button|link|checkbox|image|img|table|region|navigation|heading)$/.test(role)) continue
      met.set(role, (met.get(role) ?? 0) + 1)
      expect(String(node.name?.value ?? ''), JSON.stringify(node)).not.toBe('')
      if (role === 'image' || role === 'img') expect(String(node.description?.value ?? '').length).toBeGreaterThan(20)
    }
    expect(met.get('image') ?? met.get('img')).toBe(CHARTS.length)
    expect(met.get('table')).toBeGreaterThan(15)
    const levels = await inPage<number[]>(
      page,
      `[...document.querySelectorAll('h1,h2,h3')].map((head) => Number(head.tagName[1]))`,
    )
    expect(levels[0]).toBe(1)
    for (const [k, level] of levels.entries()) expect(level - (levels[k - 1] ?? 0)).toBeLessThanOrEqual(1)
    const ids = await inPage<string[]>(page, `[...document.querySelectorAll('[id]')].map((one) => one.id)`)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('the button turns it dark, and on paper all is there, unfolded and in light', async () => {
    const page = await open()
    const paper = () => inPage(page, 'getComputedStyle(document.body).backgroundColor')
    await page.locator('#theme').click()
    expect(await paper()).toBe('rgb(20, 22, 26)')
    await page.emulateMedia({ media: 'print' })
    await inPage(page, `dispatchEvent(new Event('beforeprint'))`)
    for (const id of CHARTS) await page.waitForSelector(`#${id}[data-drawn=yes]`, { state: 'attached' })
    expect(await paper()).toBe('rgb(255, 255, 255)')
    // A4 without its margins
    await page.setViewportSize({ width: 720, height: 1000 })
    expect(await inPage(page, 'document.documentElement.scrollWidth')).toBe(720)
    for (const there of ['#metrics table', '#money details table', '#folds details table'])
      expect(await page.locator(there).isVisible(), there).toBe(true)
    for (const gone of ['nav', '#theme', '.zoom', '#copy'])
      expect(await page.locator(gone).first().isVisible(), gone).toBe(false)
    await inPage(page, `dispatchEvent(new Event('afterprint'))`)
    await page.emulateMedia({ media: 'screen' })
    expect(await page.locator('#metrics table').isVisible()).toBe(false)
    expect(await paper()).toBe('rgb(20, 22, 26)')
    const pdf = await page.pdf({ format: 'A4', printBackground: true })
    const pages = pdf.toString('latin1').match(/\/Type \/Page\b/g)!.length
    expect(pages).toBeGreaterThan(4)
    expect(pages).toBeLessThan(25)
    leave(page)
  })

  test('without scripts every figure is there, and it says what is not', async () => {
    const page = await open(result, { javaScriptEnabled: false })
    expect(await page.locator('noscript').first().isVisible()).toBe(true)
    expect(await page.locator('.card').count()).toBe(8)
    expect(await page.locator('#metrics tbody tr').count()).toBe(21)
    leave(page)
  })

  const withEvil = (document: EvaluationDocument): EvaluationDocument => ({
    ...document,
    model: EVIL,
    series: document.series.map((one) => ({
      ...one,
      series: `a:${EVIL}`,
      folds: one.folds.map((fold) => ({ ...fold, losses: fold.losses.map(({ steps }) => ({ model: EVIL, steps })) })),
    })),
  })
  const others: readonly (readonly [string, MadeEvaluation])[] = [
    [
      'three classes with a fold of one, names that are markup',
      { classes: 3, oneClassFold: 2, features: [EVIL, 'rsi'], rows: 1200, folds: 3, steps: 3, change: withEvil },
    ],
    [
      'one fold, of one class, nothing learnt in steps, no importance, no best',
      { folds: 1, oneClassFold: 1, rows: 900, steps: 0, hasImportance: false, minTrades: 1e6 },
    ],
    [
      'two series, the second without predictions, one step of training',
      { series: ['binance:BTCUSDT:1h', 'binance:ETHUSDT:1h'], rows: 900, folds: 1, steps: 1 },
    ],
  ]
  test.each(others)('%s: every chart is drawn and none is empty', async (_, options) => {
    const { document, predictions } = madeEvaluation(options)
    const page = await open({ document, predictions: predictions.slice(0, 1) })
    const ids = await charts(page)
    expect(ids.length).toBeGreaterThan(4)
    await drawn(page, ids)
    const empty = `[...document.querySelectorAll('.chart')].filter((chart) => chart.querySelectorAll('svg .mark-line path, svg .mark-symbol path, svg .mark-rect path, svg .mark-rule line').length === 0).map((chart) => chart.id)`
    expect(await inPage(page, empty)).toEqual([])
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.title()).not.toBe('broken')
    expect(
      await inPage(
        page,
        `[...document.querySelectorAll('.chart svg')].some((svg) => /NaN|undefined/.test(svg.outerHTML))`,
      ),
    ).toBe(false)
    leave(page)
  })
})
