import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** A browser of the machine; absent: tests that need one are skipped. */
export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)

/** Each width and each colour in which a page is looked at, once: how a page is laid out does not hang on its colours. */
export const VIEWS = [
  { width: 1400, colorScheme: 'light' },
  { width: 380, colorScheme: 'dark' },
] as const

let launched: Promise<Browser> | undefined

/** The browser of all files that run in this process; it ends with the process: to start one costs two seconds of processor time. */
function theBrowser(): Promise<Browser> {
  launched ??= chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] })
  return launched
}

/** Options that hold for all of a context, of each page, and the pages whose test has ended, by them. */
const opened = new WeakMap<Page, string>()
const left = new Map<string, Page[]>()

/** Opens a file; every message, error and request of its page, whenever it comes, is added to `noise`. */
export function openWatched(file: string, noise: string[], options: BrowserContextOptions = {}): Promise<Page> {
  const address = pathToFileURL(file).href
  return openAddress(address, noise, options, (asked) => asked === address)
}

/** The same of a page that a server has; what it may ask for without a word is said by `isOwn`. */
export async function openAddress(
  address: string,
  noise: string[],
  { colorScheme = 'light', reducedMotion = 'no-preference', ...options }: BrowserContextOptions,
  isOwn: (asked: string) => boolean,
): Promise<Page> {
  const page = left.get(JSON.stringify(options))?.pop() ?? (await newPage(options))
  for (const event of ['console', 'pageerror', 'request'] as const) page.removeAllListeners(event)
  await page.setViewportSize({ width: 1280, height: 900 })
  await page.emulateMedia({ colorScheme, reducedMotion, media: null })
  page.on('console', (message) => noise.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => noise.push(`error: ${error.message}`))
  page.on('request', (request) => {
    if (!isOwn(request.url()) && !request.url().startsWith('data:')) noise.push(`request: ${request.url()}`)
  })
  await page.goto(address)
  return page
}

/**
 * The test of the page has ended: its window may show another file. A new context has a new process, which reads and compiles the
 * libraries of the charts once more: three seconds of processor time a page.
 */
export function leave(page: Page): void {
  const options = opened.get(page)!
  left.set(options, [...(left.get(options) ?? []), page])
}

async function newPage(options: BrowserContextOptions): Promise<Page> {
  const page = await (await (await theBrowser()).newContext(options)).newPage()
  opened.set(page, JSON.stringify(options))
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
