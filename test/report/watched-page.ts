import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

/** A browser of the machine; absent: tests that need one are skipped. */
export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)

/** Each width and each colour in which a page is looked at, once: how a page is laid out does not hang on its colours. */
export const VIEWS = [
  { width: 1400, colorScheme: 'light' },
  { width: 380, colorScheme: 'dark' },
] as const

/** Opens a file; every message, error and request of its page, whenever it comes, is added to `noise`. */
export function openWatched(
  browser: Browser,
  file: string,
  noise: string[],
  options: BrowserContextOptions = {},
): Promise<Page> {
  const address = pathToFileURL(file).href
  return openAddress(browser, address, noise, options, (asked) => asked === address)
}

/** The same of a page that a server has; what it may ask for without a word is said by `isOwn`. */
export async function openAddress(
  browser: Browser,
  address: string,
  noise: string[],
  options: BrowserContextOptions,
  isOwn: (asked: string) => boolean,
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  page.on('console', (message) => noise.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => noise.push(`error: ${error.message}`))
  page.on('request', (request) => {
    if (!isOwn(request.url()) && !request.url().startsWith('data:')) noise.push(`request: ${request.url()}`)
  })
  await page.goto(address)
  return page
}

/** Until these charts have been scrolled to and drawn. */
export async function drawn(page: Page, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await page.locator(`#${id}`).scrollIntoViewIfNeeded()
    await page.waitForSelector(`#${id}[data-drawn=yes]`)
  }
}

/** Evaluated in the page; the tests know nothing of its types. */
export const inPage = <T>(page: Page, source: string) => page.evaluate<T>(source)
export const texts = (page: Page, selector: string) => page.locator(selector).allTextContents()
