import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { Dimension, WalkForwardResult } from '../../src/core/search.ts'
import { renderWalkForwardReport } from '../../src/report/walk-forward-report.ts'
import { reportAssets } from '../../src/runs/report-assets.ts'
import { scratch } from '../cli/klinelab.ts'
import { chartIds, charts, EVIL, expectDrawn, expectNamed, expectReadable, TEXTS } from './expect-page.ts'
import { type MadeWalkForward, madeWalkForward } from './made-walk-forward.ts'
import { CHROMIUM, drawn, leave, openWatched, texts, VIEWS } from './watched-page.ts'

const render = (result: WalkForwardResult) => renderWalkForwardReport(result, reportAssets())

const NAMES = ['equity', 'drawdown', 'windows', 'objectives', 'stability-0', 'stability-1']
const CHARTS = chartIds(NAMES)

describe.skipIf(CHROMIUM === undefined)('the page of a walk-forward in a browser', () => {
  let shared: Page | undefined
  const dir = scratch()
  const noise: string[] = []
  const walk = madeWalkForward({ idleWindow: 4 })

  afterAll(() => shared && leave(shared))
  // whatever a test does: no message, no error, no request
  afterEach(() => expect(noise.splice(0)).toEqual([]))

  async function open(text: string, options: BrowserContextOptions = {}): Promise<Page> {
    const file = join(dir, `${Math.round(performance.now() * 1000)}.html`)
    writeFileSync(file, text)
    return openWatched(file, noise, { reducedMotion: 'reduce', ...options })
  }

  async function look({ width = 1280, colorScheme = 'light' as 'light' | 'dark' } = {}): Promise<Page> {
    shared ??= await open(render(walk))
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
        '.later',
        '.how',
        '#windows .good',
        '#windows .bad',
        '#windows .reason',
        '#stability .bad',
      ])
    },
  )

  test('everything a reader can meet has a name, headings do not skip, ids are unique', async () => {
    await expectNamed(await look())
  })

  test('equity and drawdown of a walk-forward move together, and tell what is under the pointer', async () => {
    const page = await look()
    await drawn(page, ['chart-equity', 'chart-drawdown'])
    expect(await texts(page, '#chart-equity svg .mark-text.role-mark text')).toEqual(
      walk.document.windows.map(({ window }) => String(window)),
    )
    const months = async (id: string) =>
      (await texts(page, `#${id} svg .role-axis-label text`)).filter((text) => /[A-Z]|^20\d\d$/.test(text)).sort()
    const before = await months('chart-equity')
    for (const _ of [1, 2]) await page.locator('#equity [data-zoom=in]').click()
    await expect.poll(() => months('chart-equity')).not.toEqual(before)
    await expect.poll(async () => String(await months('chart-drawdown'))).toBe(String(await months('chart-equity')))
    await page.locator('#equity [data-zoom=all]').click()
    await expect.poll(() => months('chart-drawdown')).toEqual(before)
    await page.locator('#equity [data-log]').check()
    await page.locator('#chart-equity').scrollIntoViewIfNeeded()
    const box = (await page.locator('#chart-equity').boundingBox())!
    await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.6)
    expect(await page.locator('#chart-equity-r').textContent()).toMatch(
      /^2021-\d\d-\d\d \d\d:\d\d: out of sample [\d.\u202f]+, buy and hold [\d.\u202f]+$|^2022-.*$/,
    )
    await page.locator('#equity [data-log]').uncheck()
  })

  test('windows, their objectives and their parameters are drawn one by one', async () => {
    const page = await look()
    await drawn(page, CHARTS)
    const { windows } = walk.document
    expect(await page.locator('#chart-windows svg .role-mark.mark-rect path').count()).toBe(3 * windows.length)
    const traded = windows.filter(({ chosen }) => chosen !== null).length
    expect(await page.locator('#chart-objectives svg .role-mark.mark-symbol path').count()).toBe(2 * traded)
    // a step a window, and a join where the window before chose too
    const joins = windows.filter(({ chosen }, k) => k > 0 && chosen !== null && windows[k - 1]!.chosen !== null).length
    expect(await page.locator('#chart-stability-0 svg .role-mark.mark-rule line').count()).toBe(traded + joins)
  })

  const dimensions: readonly Dimension[] = [
    { name: `fast${EVIL}`, kind: 'list', values: [EVIL, 'ema', `${EVIL} again`] },
    { name: EVIL, kind: 'int', from: 10, to: 60, step: 10, isLog: false },
  ]
  test.each<readonly [string, MadeWalkForward]>([
    ['lists, names that are markup', { dimensions, kind: 'anchored' }],
    ['one window, no benchmark, nothing said of luck', { windows: 1, hasBenchmark: false, overfitting: null }],
    ['no window', { windows: 0, overfitting: null }],
    ['nothing was chosen', { windows: 1, idleWindow: 1 }],
  ])('%s: every chart is drawn and none is empty', async (_, options) => {
    const page = await open(render(madeWalkForward(options)))
    await expectDrawn(page)
    leave(page)
  })
})
