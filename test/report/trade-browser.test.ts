import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { scratch } from '../cli/klinelab.ts'
import { makeRun } from './reported-run.ts'
import { CHROMIUM, leave, openWatched } from './watched-page.ts'

/** Trades that are too long to be shown whole, and more lines on the price than have their names beside one another on a phone. */
const LONG = `import { buy, close, defineStrategy, sma } from 'klinelab'
export default defineStrategy({
  name: 'long',
  indicators: () => ({ fastest: sma(10), fast: sma(20), middle: sma(60), slow: sma(90), slowest: sma(120), last: sma(200) }),
  plots: ['fastest', 'fast', 'middle', 'slow', 'slowest', 'last'],
  onBar({ position }) {
    if (position.qty === 0) return buy({ qty: 0.01 })
    return position.bars >= 400 ? close() : undefined
  },
})
`
const ALL = "plots: ['fastest', 'fast', 'middle', 'slow', 'slowest', 'last'],"
const RUNS = {
  'six lines on the price': LONG,
  'two lines on the price': LONG.replace(ALL, "plots: ['fast', 'slow'],"),
  'no line on the price': LONG.replace(ALL, ''),
}

describe.skipIf(CHROMIUM === undefined)('a long trade at its entry and at its exit', () => {
  const pages = new Map<string, Page>()
  const noise: string[] = []

  beforeAll(async () => {
    for (const [name, text] of Object.entries(RUNS)) {
      const dir = scratch({ 's.ts': text, 'package.json': '{ "type": "module" }' })
      const range = ['--data', 'binance:BTCUSDT:1h', '--from', '2024-01-01', '--to', '2024-02-15']
      pages.set(name, await openWatched((await makeRun(dir, `${dir}/s.ts`, ...range)).page, noise))
    }
  })
  afterAll(() => [...pages.values()].forEach(leave))
  afterEach(() => expect(noise.splice(0)).toEqual([]))

  test.each(Object.keys(RUNS).flatMap((name) => [390, 1280].map((width) => [name, width] as const)))(
    '%s: no text lies on another at %i pixels, and both fill their frame',
    async (name, width) => {
      const page = pages.get(name)!
      await page.setViewportSize({ width, height: 900 })
      await page.locator('#chart-trade').scrollIntoViewIfNeeded()
      await page.waitForSelector('#chart-trade[data-drawn=yes]')
      const look = `(() => {
      const chart = document.getElementById('chart-trade'), frame = chart.getBoundingClientRect(), drawing = chart.querySelector('svg').getBoundingClientRect()
      const all = [...chart.querySelectorAll('.role-axis-label text, .role-title text, .role-title-text text, .role-legend-label text')].map((text) => [text.textContent, text.getBoundingClientRect()])
      const meet = ([, a], [, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
      const over = all.flatMap((one, k) => all.slice(k + 1).filter((other) => meet(one, other)).map((other) => one[0] + ' on ' + other[0]))
      const scale = chart.querySelector('svg').viewBox.baseVal.width / drawing.width
      return { over, texts: all.length, isWhole: drawing.right <= frame.right + 1 && drawing.bottom <= frame.bottom + 1, isSmaller: scale > 1.05 }
    })()`
      await expect
        .poll(() => page.evaluate(look))
        .toEqual({ over: [], texts: expect.any(Number), isWhole: true, isSmaller: false })
      const titles = await page.locator('#chart-trade svg .role-title').allTextContents()
      expect(titles).toEqual(['around the entry', 'around the exit'])
    },
  )
})
