import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { CONTRAST } from './contrast.ts'
import { drawn, inPage } from './watched-page.ts'

/** A user's text that would be markup, an attribute's end, or an expression. */
export const EVIL = `</script><img src=x onerror="document.title='broken'"><b>'"&{{datum}}`

/** Text of every page of a search. */
export const TEXTS = [
  ...['.sentence', '.sentence strong', '.card dt', '.card .value', '.card .peer', '.words', 'caption', 'thead th'],
  ...['.still', 'footer p'],
]

export const chartIds = (names: readonly string[]) => names.map((name) => `chart-${name}`)
export const charts = (page: Page) =>
  inPage<string[]>(page, `[...document.querySelectorAll('.chart')].map((chart) => chart.id)`)

/** Every chart of the page is drawn and has a mark in it, and no user's text has become markup. */
export async function expectDrawn(page: Page): Promise<void> {
  await drawn(page, await charts(page))
  const empty = `[...document.querySelectorAll('.chart')].filter((chart) => chart.querySelectorAll('svg .mark-line path, svg .mark-symbol path, svg .mark-rect path, svg .mark-rule line').length === 0).map((chart) => chart.id)`
  expect(await inPage(page, empty)).toEqual([])
  const broken = `[...document.querySelectorAll('.chart svg')].some((svg) => /NaN|undefined/.test(svg.outerHTML))`
  expect(await inPage(page, broken)).toBe(false)
  expect(await page.locator('img').count()).toBe(0)
  expect(await page.title()).not.toBe('broken')
}

/** Charts keep within their frames, nothing scrolls sideways, and all text can be read. */
export async function expectReadable(page: Page, width: number, selectors: readonly string[]): Promise<void> {
  await expectDrawn(page)
  expect(await inPage(page, 'document.documentElement.scrollWidth')).toBe(width)
  const overflowing = `[...document.querySelectorAll('.chart')].filter((chart) => {
    const drawing = chart.querySelector('svg').getBoundingClientRect(), frame = chart.getBoundingClientRect()
    return drawing.right > frame.right + 1 || drawing.bottom > frame.bottom + 1 || drawing.width < frame.width * 0.8
  }).map((chart) => chart.id)`
  await expect.poll(() => inPage(page, overflowing)).toEqual([])
  const colours = `[...new Set([...document.querySelectorAll('.chart svg')].flatMap((svg) => svg.outerHTML.match(/--\\w+/g) ?? []))]
    .filter((name) => getComputedStyle(document.documentElement).getPropertyValue(name) === '')`
  expect(await inPage(page, colours)).toEqual([])
  const seen = await inPage<string[]>(
    page,
    `${JSON.stringify(selectors)}.filter((selector) => document.querySelector(selector) !== null)`,
  )
  // cells of a map are too narrow for their numbers on a phone
  if (width > 1000) expect(seen).toEqual(selectors)
  const contrasts = await inPage<number[]>(page, `(${CONTRAST})(${JSON.stringify(seen)})`)
  for (const [k, contrast] of contrasts.entries()) expect(contrast, seen[k]).toBeGreaterThan(4.5)
}

/** Everything a reader can meet has a name, headings do not skip, ids are unique. */
export async function expectNamed(page: Page): Promise<void> {
  await inPage(page, `document.querySelectorAll('details').forEach((part) => (part.open = true))`)
  await expectDrawn(page)
  const session = await page.context().newCDPSession(page)
  const { nodes } = await session.send('Accessibility.getFullAXTree')
  const roles = /^(button|link|checkbox|combobox|searchbox|image|img|table|region|navigation|heading)$/
  let pictures = 0
  for (const node of nodes) {
    const role = String(node.role?.value)
    if (node.ignored || !roles.test(role)) continue
    expect(String(node.name?.value ?? ''), JSON.stringify(node)).not.toBe('')
    if (role !== 'image' && role !== 'img') continue
    pictures++
    expect(String(node.description?.value ?? '').length).toBeGreaterThan(20)
  }
  expect(pictures).toBe((await charts(page)).length)
  const levels = await inPage<number[]>(
    page,
    `[...document.querySelectorAll('h1,h2,h3')].map((head) => Number(head.tagName[1]))`,
  )
  expect(levels[0]).toBe(1)
  for (const [k, level] of levels.entries()) expect(level - (levels[k - 1] ?? 0)).toBeLessThanOrEqual(1)
  const named = await inPage<string[]>(page, `[...document.querySelectorAll('[id]')].map((one) => one.id)`)
  expect(new Set(named).size).toBe(named.length)
  await inPage(page, `document.querySelectorAll('details').forEach((part) => (part.open = false))`)
}
