import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { Dimension, SweepDocument, SweepResult } from '../../src/core/search.ts'
import { renderSweepReport } from '../../src/report/sweep-report.ts'
import { reportAssets } from '../../src/runs/report-assets.ts'
import { scratch } from '../cli/klinelab.ts'
import { chartIds, charts, EVIL, expectDrawn, expectNamed, expectReadable, TEXTS } from './expect-page.ts'
import { MANY, type MadeSweep, madeSweep } from './made-sweep.ts'
import { CHROMIUM, drawn, inPage, leave, openWatched, texts, VIEWS } from './watched-page.ts'

const render = (result: SweepResult) => renderSweepReport(result, reportAssets())

const NAMES = ['honesty', 'logits', 'spread', 'map-0-best', 'along-0', 'along-1', 'parallel']
const CHARTS = chartIds(NAMES)

describe.skipIf(CHROMIUM === undefined)('the page of a sweep in a browser', () => {
  let shared: Page | undefined
  const ONE: Dimension = { name: 'period', kind: 'num', from: 0.5, to: 2, step: 0.25, isLog: false }
  const dir = scratch()
  const noise: string[] = []
  const sweep = madeSweep({ failEvery: 23, pruneEvery: 5 })

  afterAll(() => shared && leave(shared))
  // whatever a test does: no message, no error, no request
  afterEach(() => expect(noise.splice(0)).toEqual([]))

  async function open(text: string, options: BrowserContextOptions = {}): Promise<Page> {
    const file = join(dir, `${Math.round(performance.now() * 1000)}.html`)
    writeFileSync(file, text)
    return openWatched(file, noise, { reducedMotion: 'reduce', ...options })
  }

  async function look({ width = 1280, colorScheme = 'light' as 'light' | 'dark' } = {}): Promise<Page> {
    shared ??= await open(render(sweep))
    await shared.setViewportSize({ width, height: 900 })
    await shared.emulateMedia({ colorScheme })
    return shared
  }

  test.each(VIEWS)(
    'at $width pixels in $colorScheme every chart is drawn within its frame, nothing scrolls sideways, all text can be read',
    async ({ width, colorScheme }) => {
      const page = await look({ width, colorScheme })
      expect(await charts(page)).toEqual(CHARTS)
      await expectReadable(page, width, [
        ...TEXTS,
        '#row-table thead button',
        '#failures .bad',
        '#failures .mark',
        '#chart-map-0-best svg .mark-text.role-mark text',
      ])
    },
  )

  test('everything a reader can meet has a name, headings do not skip, ids are unique', async () => {
    await expectNamed(await look())
  })

  test.each(['light', 'dark'] as const)(
    'numbers in the strongest cell of a map can be read in %s',
    async (colorScheme) => {
      const page = await look({ colorScheme, width: 1400 })
      await drawn(page, ['chart-map-0-best'])
      const strongest = await inPage<number>(
        page,
        `(() => {
        const light = (text) => { const numbers = text.match(/[\\d.]+/g).map(Number); const scale = text.startsWith('color') ? 1 : 255; return numbers.slice(0, 3).map((c) => (c /= scale) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0) }
        const chart = document.querySelector('#chart-map-0-best svg')
        const ink = light(getComputedStyle(chart.querySelector('.mark-text.role-mark text')).fill)
        const cells = [...chart.querySelectorAll('.mark-rect.role-mark path')].map((cell) => getComputedStyle(cell).fill).filter((fill) => fill !== 'none')
        return Math.min(...cells.map((fill) => { const [a, b] = [light(fill), ink].sort((x, y) => y - x); return (a + 0.05) / (b + 0.05) }))
      })()`,
      )
      expect(strongest).toBeGreaterThan(4.5)
    },
  )

  test('charts of a sweep show what the document says: marks by number', async () => {
    const page = await look()
    await drawn(page, CHARTS)
    const { document } = sweep
    const count = (id: string, mark: string) => page.locator(`#chart-${id} svg .role-mark${mark} path`).count()
    expect(await count('logits', '.mark-rect')).toBe(document.overfitting!.crossValidation!.logits.length)
    // the frame round the best is one more
    expect(await count('map-0-best', '.mark-rect')).toBe(document.maps[0]!.cells.length + 1)
    const { along } = document.plateau!
    for (const [k, { points }] of along.entries())
      expect(await count(`along-${k}`, '.mark-symbol')).toBe(
        points.filter(({ objective }) => objective !== null).length,
      )
    expect(await texts(page, '#chart-honesty svg .mark-text.role-mark text')).toEqual([
      document.best!.objective!.toFixed(2),
      ...['1.31', '0.87', '1.64', '0.29'],
    ])
    const known = document.table.filter(({ objective }) => objective !== null).length
    expect(await page.locator('#chart-parallel svg .mark-line path').count()).toBe(known + 1)
    await page.locator('#chart-logits svg .role-mark.mark-rect path').nth(8).hover()
    expect(await page.locator('#chart-logits-r').textContent()).toBe('1\u202f702 splits from 0.00 to 0.50')
  })

  test('on a phone the figures beside the bars of luck touch no name and are not cut off', async () => {
    const { document } = sweep
    const { overfitting } = document
    const crossValidation = { ...overfitting!.crossValidation!, meanInSample: 1.25, meanOutOfSample: -0.4 }
    const lost = { ...document, overfitting: { ...overfitting!, crossValidation, expectedMaximum: 1.46 } }
    const page = await open(render({ ...sweep, document: lost }))
    await page.setViewportSize({ width: 390, height: 844 })
    await drawn(page, ['chart-honesty'])
    const boxes = await inPage<readonly { text: string; left: number; right: number; top: number; bottom: number }[]>(
      page,
      `[...document.querySelectorAll('#chart-honesty svg, #chart-honesty svg text')].map((one) => {
        const { left, right, top, bottom } = one.getBoundingClientRect()
        return { text: one.tagName === 'svg' ? '' : one.textContent, left, right, top, bottom }
      })`,
    )
    const [frame, ...all] = boxes
    const figures = all.filter(({ text }) => /^[−\d.]+$/.test(text) && text.length > 3)
    expect(figures.map(({ text }) => text)).toContain('−0.40')
    for (const one of figures) {
      expect(one.right).toBeLessThan(frame!.right)
      const touched = all.filter(
        (other) =>
          other !== one &&
          other.left < one.right + 4 &&
          one.left - 4 < other.right &&
          other.top < one.bottom &&
          one.top < other.bottom,
      )
      expect(touched).toEqual([])
    }
    leave(page)
  })

  test('on a phone no sentence of a model’s verdict runs out of the page', async () => {
    const held = madeSweep({ subject: 'model', dimensions: [ONE] })
    const { document } = held
    // no worse there: it is told plainly
    const kind = { ...document.heldOut!, objective: document.best!.objective }
    const page = await open(render({ ...held, document: { ...document, heldOut: kind } }))
    await page.setViewportSize({ width: 360, height: 800 })
    const outside = `[...document.querySelectorAll('strong, .whole')].filter((one) => one.getBoundingClientRect().right > innerWidth).map((one) => one.textContent)`
    expect(await inPage(page, outside)).toEqual([])
    leave(page)
  })

  test('the table of trials sorts, filters and turns', async () => {
    const page = await look()
    const rows = () => page.locator('#row-table tbody tr')
    const column = async (k: number) => texts(page, `#row-table tbody tr > :nth-child(${k})`)
    const said = () => page.locator('#row-count').textContent()
    const fill = (text: string) => page.locator('#row-filter').fill(text)
    expect(await said()).toBe('200 trials')
    expect(await rows().count()).toBe(25)
    expect((await column(1)).map(Number)).toEqual(Array.from({ length: 25 }, (_, k) => k + 1))
    const { table } = sweep.document
    const head = (name: string) => page.locator('#row-table thead button', { hasText: new RegExp(`^${name}$`) })
    await head('slow').click()
    expect(await column(4)).toEqual(Array.from({ length: 25 }, (_, k) => (k < 10 ? '120' : k < 20 ? '140' : '160')))
    await head('slow').click()
    expect((await column(4))[0]).toBe('500')
    // what has no figure stands last, whichever way the others are turned
    const least = table.flatMap(({ objective }) => (objective === null ? [] : [objective])).sort((a, b) => a - b)
    for (const [sorted, name] of [
      [least, 'ascending'],
      [[...least].reverse(), 'descending'],
    ] as const) {
      await head('Sharpe').click()
      expect(await page.locator('#row-table th[aria-sort=' + name + ']').textContent()).toBe('Sharpe')
      expect((await column(5))[0]).toBe(sorted[0]!.toFixed(2).replace('-', '−'))
    }
    await fill('fast=20')
    const twenty = table.filter(({ params }) => params['fast'] === 20)
    expect(await said()).toBe(`${twenty.length} of 200 trials`)
    expect(new Set(await column(3))).toEqual(new Set(['20']))
    await fill('fast>=60 slow<200 sharpe>0.4')
    const some = table.filter(
      ({ params, objective }) =>
        Number(params['fast']) >= 60 && Number(params['slow']) < 200 && objective !== null && objective > 0.4,
    )
    expect(some.length).toBeGreaterThan(0)
    expect(await said()).toBe(`${some.length} of 200 trials`)
    await fill('must be below')
    const reasons = table.filter(({ reason }) => reason?.includes('must be below'))
    expect(await said()).toBe(`${reasons.length} of 200 trials`)
    await fill('')
    await page.locator('#row-status').selectOption('failed')
    expect(await said()).toBe(`${sweep.document.trials.failed} of 200 trials`)
    expect(new Set(await column(5))).toEqual(new Set(['–']))
    await page.locator('#row-status').selectOption('')
    await head('Rank').click()
    for (let k = 0; k < 7; k++) await page.locator('#page-after').click()
    expect(await page.locator('#page-words').textContent()).toBe('page 8 of 8')
    expect(await page.locator('#page-after').isDisabled()).toBe(true)
  })

  test('both commands of a sweep are copied, each by its button', async () => {
    const page = await open(render(sweep), { permissions: ['clipboard-read', 'clipboard-write'] })
    for (const [id, command] of [
      ['best', sweep.document.best!.command],
      ['reproduce', sweep.document.reproduce.command],
    ] as const) {
      await page.locator(`#${id} .command button`).click()
      await expect.poll(() => page.locator(`#${id} .command button`).textContent()).toBe('Copied')
      expect(await inPage(page, 'navigator.clipboard.readText()')).toBe(command)
    }
    leave(page)
  })

  test('the button turns it dark, and on paper all is there, unfolded and in light', async () => {
    const page = await open(render(madeSweep({ dimensions: MANY, drawn: 600, failEvery: 30 })))
    const paper = () => inPage(page, 'getComputedStyle(document.body).backgroundColor')
    await page.locator('#theme').click()
    expect(await paper()).toBe('rgb(20, 22, 26)')
    await page.emulateMedia({ media: 'print' })
    await inPage(page, `dispatchEvent(new Event('beforeprint'))`)
    const all = await charts(page)
    // all ten pairs, those that were folded away too
    expect(all.filter((id) => id.startsWith('chart-map'))).toHaveLength(20)
    for (const id of all) await page.waitForSelector(`#${id}[data-drawn=yes]`, { state: 'attached' })
    expect(await paper()).toBe('rgb(255, 255, 255)')
    // A4 without its margins
    await page.setViewportSize({ width: 720, height: 1000 })
    expect(await page.locator('#row-table tbody tr').count()).toBe(500)
    expect(await page.locator('#row-count').textContent()).toBe(
      'The first 500 of 600 trials; trials.csv has every one.',
    )
    for (const gone of ['nav', '#theme', '#page-after', '.command button', '#row-filter'])
      expect(await page.locator(gone).first().isVisible(), gone).toBe(false)
    await inPage(page, `dispatchEvent(new Event('afterprint'))`)
    await page.emulateMedia({ media: 'screen' })
    expect(await page.locator('#row-table tbody tr').count()).toBe(25)
    expect(await paper()).toBe('rgb(20, 22, 26)')
    leave(page)
  })

  const dimensions: readonly Dimension[] = [
    { name: `fast${EVIL}`, kind: 'list', values: [EVIL, 'ema', `${EVIL} again`] },
    { name: EVIL, kind: 'int', from: 10, to: 60, step: 10, isLog: false },
  ]
  const withEvil = (document: SweepDocument): SweepDocument => ({
    ...document,
    name: EVIL,
    search: { ...document.search, objective: { name: EVIL, goal: 'max' } },
    table: document.table.map((row) => ({ ...row, reason: EVIL })),
  })
  test.each<readonly [string, MadeSweep]>([
    ['names and values that are markup', { dimensions, change: withEvil }],
    ['one parameter of a model', { subject: 'model', dimensions: [ONE] }],
    ['nothing was done', { failEvery: 1 }],
    ['a single trial', { dimensions: [{ ...ONE, to: 0.5 }] }],
  ])('%s: every chart is drawn and none is empty', async (_, options) => {
    const page = await open(render(madeSweep(options)))
    await expectDrawn(page)
    leave(page)
  })
})
