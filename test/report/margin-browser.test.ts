import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ROOT, scratch } from '../cli/klinelab.ts'
import { CONTRAST } from './contrast.ts'
import { liquidatedRun, PERPETUALS } from './reckless.ts'
import { makeRun } from './reported-run.ts'
import { CHROMIUM, leave, openWatched, VIEWS } from './watched-page.ts'

const CHARTS = ['chart-funding', 'chart-exposure', 'chart-margin']

describe.skipIf(CHROMIUM === undefined)('a page of perpetuals in a browser', () => {
  let trend: Page
  let gone: Page
  const noise: string[] = []

  beforeAll(async () => {
    const file = join(ROOT, 'strategies', 'perp-trend.ts')
    trend = await open((await makeRun(scratch(), file, ...PERPETUALS, '--leverage', '3')).page)
    gone = await open((await makeRun(scratch(), ...liquidatedRun())).page)
  })
  afterAll(() => [trend, gone].forEach(leave))
  afterEach(() => expect(noise.splice(0)).toEqual([]))

  const open = (file: string) => openWatched(file, noise, { reducedMotion: 'reduce' })

  async function drawn(page: Page): Promise<void> {
    for (const id of CHARTS) {
      await page.locator(`#${id}`).scrollIntoViewIfNeeded()
      await page.waitForSelector(`#${id}[data-drawn=yes]`)
    }
  }

  const axis = async (id: string) => (await trend.locator(`#${id} svg .role-axis-label text`).allTextContents()).sort()
  const legend = (id: string) => trend.locator(`#${id} svg .role-legend-label text`).allTextContents()

  test.each(VIEWS)(
    'at $width pixels in $colorScheme all of it fits and can be read',
    async ({ width, colorScheme }) => {
      const selectors = [
        ...CHARTS.flatMap((id) => [`#${id} svg .role-axis-label text`, `#${id} svg .role-legend-label text`]),
        ...['#margin .mark', '#margin caption', '#portfolio .words', '#costs .how'],
      ]
      for (const page of [trend, gone]) {
        await page.setViewportSize({ width, height: 900 })
        await page.emulateMedia({ colorScheme })
        await drawn(page)
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
        const overflowing = `${JSON.stringify(CHARTS)}.filter((id) => {
        const chart = document.getElementById(id), frame = chart.getBoundingClientRect(), drawing = chart.querySelector('svg').getBoundingClientRect()
        return drawing.right > frame.right + 1 || drawing.bottom > frame.bottom + 1 || drawing.width < frame.width * 0.8
      })`
        await expect.poll(() => page.evaluate(overflowing)).toEqual([])
        const own = page === gone ? ['#margin .bad', '#margin .sum', '#margin .how'] : ['#portfolio .heat']
        const all = [...selectors, ...own]
        const contrasts = await page.evaluate<number[]>(`(${CONTRAST})(${JSON.stringify(all)})`)
        // what stands in a shaded cell is measured against the page behind it
        for (const [k, contrast] of contrasts.entries()) expect(contrast, all[k]).toBeGreaterThan(4.5)
      }
    },
  )

  test('each line has its name, and its values under the pointer', async () => {
    await trend.setViewportSize({ width: 1400, height: 900 })
    await drawn(trend)
    expect(await legend('chart-funding')).toEqual(['BTCUSDT', 'ETHUSDT', 'together'])
    expect(await legend('chart-exposure')).toEqual(['gross', 'net'])
    expect(await legend('chart-margin')).toEqual(['initial margin', 'maintenance margin'])
    const read = async (id: string) => {
      await trend.locator(`#${id}`).scrollIntoViewIfNeeded()
      const box = (await trend.locator(`#${id}`).boundingBox())!
      await trend.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5)
      return trend.locator(`#${id}-r`).textContent()
    }
    const when = String.raw`^2024-1[12]-\d\d \d\d:\d\d: `
    const share = String.raw`−?[\d\u202f.]+\u202f%`
    expect(await read('chart-funding')).toMatch(
      new RegExp(`${when}BTCUSDT −?[\\d.]+, ETHUSDT −?[\\d.]+, together −?[\\d.]+$`),
    )
    expect(await read('chart-exposure')).toMatch(new RegExp(`${when}gross ${share}, net ${share}$`))
    expect(await read('chart-margin')).toMatch(
      new RegExp(`${when}initial margin ${share}, maintenance margin ${share}$`),
    )
  })

  test('they move through time with the other charts, and come back', async () => {
    await trend.locator('#chart-equity').scrollIntoViewIfNeeded()
    await trend.waitForSelector('#chart-equity[data-drawn=yes]')
    const before = await Promise.all(CHARTS.map(axis))
    await trend.locator('#equity [data-zoom=in]').click()
    for (const [k, id] of CHARTS.entries()) await expect.poll(() => axis(id)).not.toEqual(before[k])
    await trend.locator('#equity [data-zoom=all]').click()
    for (const [k, id] of CHARTS.entries()) await expect.poll(() => axis(id)).toEqual(before[k])
  })

  test('a chart is a picture with a name and a description, its table opens with the keyboard', async () => {
    for (const id of CHARTS) {
      const chart = trend.locator(`#${id}`)
      expect(await chart.getAttribute('role')).toBe('img')
      const words = await trend.locator(`#${await chart.getAttribute('aria-describedby')}`).textContent()
      expect(words!.length).toBeGreaterThan(60)
    }
    const table = trend.locator('#margin figure details table')
    expect(await table.isVisible()).toBe(false)
    await trend.locator('#margin figure summary').focus()
    await trend.keyboard.press('Enter')
    expect(await table.isVisible()).toBe(true)
  })
})
