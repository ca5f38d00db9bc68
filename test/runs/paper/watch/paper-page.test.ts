import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { paperPage } from '../../../../src/report/paper-page.ts'
import { LiveHub } from '../../../../src/runs/paper/watch/live-hub.ts'
import { WatchServer } from '../../../../src/runs/paper/watch/watch-server.ts'
import { ROOT, scratch } from '../../../cli/klinelab.ts'
import { klinelabHere } from '../../../cli/klinelab-here.ts'
import { CONTRAST } from '../../../report/contrast.ts'
import { EVIL } from '../../../report/expect-page.ts'
import { CHROMIUM, inPage, openAddress, VIEWS } from '../../../report/watched-page.ts'

/** Machines are busy. */
const soon = <T>(of: () => T) => expect.poll(of, { timeout: 15_000 })

const STRATEGY = ['strategies/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', '--set', 'fast=24', '--set', 'slow=168']
const TEXTS = [
  '.sentence',
  '.card dt',
  '.card .value',
  '.card .peer',
  '.words',
  'thead th',
  '#state',
  '#link',
  '#chart .label',
  '.lines time',
  'footer p',
  '.off',
]

const noise: string[] = []
const open = (address: string, options: BrowserContextOptions = {}) =>
  openAddress(address, noise, options, (asked) => asked.startsWith(address))
const text = (page: Page, selector: string) => page.locator(selector).first().textContent()

describe.skipIf(CHROMIUM === undefined)('the page of a running session', () => {
  let session: ChildProcess | undefined
  let address: string
  let dir: string
  let shared: Page

  beforeAll(async () => {
    const out = scratch()
    const range = ['--from', '2023-01-01', '--to', '2024-01-01']
    const run = await klinelabHere(['backtest', ...STRATEGY, ...range, '--out', out, '--json'])
    expect(run.code).toBe(0)
    // sixty bars a second, for longer than the tests take
    const paper = ['--replay', '--from', '2024-01-01', '--speed', '216000x', '--name', 'watched', '--dashboard', '0']
    const main = join(ROOT, 'src', 'cli', 'main.ts')
    session = spawn(process.execPath, [main, 'paper', ...STRATEGY, ...paper, '--out', out], { cwd: ROOT })
    dir = join(out, 'paper', 'watched')
    let said = ''
    address = await new Promise((resolve, reject) => {
      session!.stderr!.on('data', (part) => {
        said += part
        const found = /^watch it at (\S+)/m.exec(said)
        if (found !== null) resolve(found[1]!)
      })
      session!.on('exit', () => reject(new Error(said)))
    })
    shared = await open(address)
    await shared.waitForSelector('#link.good')
    await shared.waitForSelector('#filled tbody tr:nth-child(3)')
  })
  afterAll(async () => {
    session?.removeAllListeners('exit')
    await shared?.context().close()
    session?.kill('SIGKILL')
  })
  // whatever a test does: no message, no error, no request to anybody else
  afterEach(() => expect(noise.splice(0)).toEqual([]))

  test('shows what comes as it comes: bars, equity, the curve, fills and the log', async () => {
    const seen = async () =>
      [await text(shared, '#at'), Number(await shared.locator('#chart').getAttribute('data-points'))] as const
    const [at, points] = await seen()
    await soon(async () => (await seen())[0]).not.toBe(at)
    await soon(async () => (await seen())[1]).toBeGreaterThan(points)
    expect(at).toMatch(/^last bars closed 2024-\d\d-\d\d \d\d:\d\d UTC$/)
    expect(await text(shared, '#state')).toBe('running')
    const first = JSON.parse(readFileSync(join(dir, 'log.jsonl'), 'utf8').split('\n')[0]!)
    expect(await shared.locator('#log-list li span').last().textContent()).toBe(first.msg)
    const fill = await shared.locator('#filled tbody tr').last().locator('td, th').allTextContents()
    expect(fill.slice(0, 3)).toEqual(['2024-01-01 20:00', 'BTCUSDT', 'buy'])
    const snapshot = (await (await fetch(`${address}snapshot.json`)).json()) as { startEquity: number }
    expect(snapshot.startEquity).toBe(10_000)
  })

  test('holds equity against the band of the backtest, and says in words where it stands', async () => {
    expect(await shared.locator('#chart path.cone').count()).toBe(1)
    expect(await shared.locator('#chart path.equity').count()).toBe(1)
    expect(await text(shared, '#chart-t')).toMatch(
      /^Equity from 10\u202f000\.00 to .*The band is drawn from sma-cross-\w{12}: its 365 days from 2023-01-01 to 2024-01-01, drawn 1000 times/,
    )
    await expect
      .poll(() => text(shared, '#standing'))
      .toMatch(/^Equity is (within|above|below) the range of [\d\u202f.]+ to [\d\u202f.]+ USDT/)
    const span = () =>
      inPage<string>(shared, `[...document.querySelectorAll('#chart .label[text-anchor=middle]')].at(-1).textContent`)
    await shared.locator('[data-span=wide]').click()
    // three months ahead at least
    await soon(span).toMatch(/Mar|Apr|May|Jun/)
    expect(await shared.locator('[data-span=wide]').getAttribute('aria-pressed')).toBe('true')
    await shared.locator('#chart').hover({ position: { x: 200, y: 100 } })
    expect(await text(shared, '#chart-r')).toMatch(/^2024-\d\d-\d\d \d\d:\d\d: .*band [\d\u202f.]+ – [\d\u202f.]+$/)
    expect(await inPage(shared, `/NaN|undefined/.test(document.querySelector('#chart').innerHTML)`)).toBe(false)
  })

  test.each(VIEWS)(
    'at $width pixels in $colorScheme nothing scrolls sideways, all text can be read, and can be touched',
    async ({ width, colorScheme }) => {
      await shared.setViewportSize({ width, height: 900 })
      await shared.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await expect
        .poll(() =>
          inPage(
            shared,
            `document.querySelector('#chart svg').getBoundingClientRect().width <= document.querySelector('#chart').clientWidth`,
          ),
        )
        .toBe(true)
      expect(await inPage(shared, 'document.documentElement.scrollWidth')).toBe(width)
      const contrasts = await inPage<number[]>(shared, `(${CONTRAST})(${JSON.stringify(TEXTS)})`)
      for (const [k, contrast] of contrasts.entries()) expect(contrast, TEXTS[k]).toBeGreaterThan(4.5)
      const small = `[...document.querySelectorAll('button, .loud-choice')].filter((one) => one.getBoundingClientRect().height < 44).length`
      expect(await inPage(shared, small)).toBe(0)
      const columns = `new Set([...document.querySelectorAll('.two > section')].map((one) => Math.round(one.getBoundingClientRect().left))).size`
      expect(await inPage(shared, columns)).toBe(width < 600 ? 1 : 2)
      expect(await inPage(shared, 'getComputedStyle(document.body).backgroundColor')).toBe(
        colorScheme === 'dark' ? 'rgb(20, 22, 26)' : 'rgb(251, 250, 247)',
      )
    },
  )

  test('has a name for all that a reader can meet, and works by the keyboard', async () => {
    const session = await shared.context().newCDPSession(shared)
    const { nodes } = await session.send('Accessibility.getFullAXTree')
    let pictures = 0
    for (const node of nodes) {
      const role = String(node.role?.value)
      if (node.ignored || !/^(button|link|checkbox|image|img|table|region|list|heading|group)$/.test(role)) continue
      if (role !== 'table') expect(String(node.name?.value ?? ''), JSON.stringify(node)).not.toBe('')
      if (role === 'image' || role === 'img') {
        pictures++
        expect(String(node.description?.value ?? '')).toMatch(/^Equity from/)
      }
    }
    expect(pictures).toBe(1)
    const ids = await inPage<string[]>(shared, `[...document.querySelectorAll('[id]')].map((one) => one.id)`)
    expect(new Set(ids).size).toBe(ids.length)
    await shared.locator('#theme').focus()
    const before = await shared.locator('#theme').getAttribute('aria-pressed')
    await shared.keyboard.press('Enter')
    expect(await shared.locator('#theme').getAttribute('aria-pressed')).not.toBe(before)
    await shared.locator('#loud').focus()
    await shared.keyboard.press('Space')
    expect(await shared.locator('#log-list li.info').first().isVisible()).toBe(false)
  })

  test('is not given to whoever asks under another name', async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = { host: 'evil.example.com' }
      request(`${address}events`, { headers }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end()
    })
    expect(status).toBe(403)
    expect((await fetch(`${address}snapshot.json`, { headers: { origin: 'https://evil.example.com' } })).status).toBe(
      403,
    )
    const { status: health } = await fetch(`${address}healthz`)
    expect(health).toBe(200)
  })
})

/** A picture of a session that holds strangers' texts. */
function picture(equity: number, delayMs: number | null) {
  const timing = { count: 0, p50: 0, p99: 0, max: 0, mean: 0 }
  const line = { level: 'warn', event: 'log', at: null, time: 1.7e12, text: EVIL, fields: {} }
  return {
    ...{
      quote: 'USDT',
      mode: 'live',
      hasOwnTime: delayMs === null,
      startEquity: 10_000,
      from: 1.7e12,
      digits: 2,
      facts: EVIL,
    },
    ...{ expectation: { reason: EVIL }, remarks: [EVIL], curve: [[1.7e12 + 1, equity]], log: [line] },
    view: {
      ...{ state: 'halted', trouble: 'halted', at: 1.7e12, now: 1.7e12, equity, drawdown: 0.1, cash: 0 },
      waiting: EVIL,
      halted: [
        { at: 1.7e12 - 60_000, text: EVIL },
        { at: 1.7e12, text: 'stale: now' },
      ],
      position: [{ symbol: EVIL, qty: 1, entryPrice: 1, lastPrice: null }],
      champions: [{ model: EVIL, champion: '1', own: '0', since: 1.7e12 }],
      ...{ openOrders: [], fills: [], series: [{ name: EVIL, lastBar: null, delayMs, due: null }] },
      alarms: [
        { at: 1.7e12 - 60_000, kind: 'stale', severity: 'critical', text: 'now', facts: {}, stands: 's', ended: null },
        { at: 1.7e12, kind: EVIL, severity: 'critical', text: EVIL, facts: {} },
        {
          at: 1.7e12,
          kind: 'silent',
          severity: 'warning',
          text: 'then',
          facts: {},
          stands: 't',
          subject: 'silent binance:BTCUSDT:1m',
          ended: 1.7e12 + 90_000,
        },
        // its end bears a clock that was set back since
        {
          ...{ at: 1.7e12, kind: 'lost', severity: 'warning', text: 'back', facts: {}, stands: 'u', subject: 'lost' },
          ended: 1.7e12 - 60_000,
        },
      ],
      counters: { bars: 0, fills: 0, trades: 0, rejected: 0, reconnects: 0, journalRecords: 0, alarms: 3, standing: 1 },
      drift: {
        at: 1.7e12,
        run: EVIL,
        items: [{ kind: 'return', name: EVIL, figure: 0.5, low: null, high: 0.1, verdict: 'drifted', words: EVIL }],
      },
      timings: { journal: timing, engine: timing, decision: timing, order: timing, total: timing },
    },
  }
}

function serve(port: number, equity: number, delayMs: number | null = 1234): Promise<WatchServer> {
  return WatchServer.open({
    ...{ host: '127.0.0.1', port, key: null, flag: 'dashboard', snapshot: () => null, trouble: () => null },
    page: { ...paperPage({ name: EVIL, strategy: EVIL }), hub: new LiveHub({ whole: () => picture(equity, delayMs) }) },
    metrics: { contentType: 'text/plain', text: async () => '' },
  })
}

describe.skipIf(CHROMIUM === undefined)('a page whose server goes away', () => {
  test('says so, comes back by itself to the next one, and takes no text for markup', async () => {
    let server = await serve(0, 9_000)
    try {
      const page = await open(server.address)
      await soon(() => text(page, '#equity')).toBe('9\u202f000.00')
      expect(await text(page, '#state')).toBe('halted')
      expect(await text(page, '#remarks')).toBe(EVIL)
      expect(await text(page, '#waiting')).toBe(EVIL)
      // above the fold of a phone and of a small screen alike
      expect(await text(page, '#halted')).toBe(
        `Halted since 2023-11-14 22:12 UTC, ${EVIL}\nHalted since 2023-11-14 22:13 UTC, stale: now`,
      )
      for (const size of [
        { width: 1280, height: 800 },
        { width: 390, height: 844 },
      ]) {
        await page.setViewportSize(size)
        const box = await page.locator('#halted').boundingBox()
        expect(box!.y + box!.height).toBeLessThan(size.height)
      }
      // on the phone verdict and words of what has drifted are in sight
      const beside = `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('#drifts .scroll'))`
      expect(await inPage(page, beside)).toBe(0)
      expect(await text(page, '#champions')).toBe(
        `A newer champion of model ${EVIL} waits since 2023-11-14 22:13 UTC: this session keeps its own, and one that is begun with another --name asks it.`,
      )
      expect(await text(page, '#alarmed')).toBe('3')
      expect(await text(page, '#alarmed-p')).toBe('1 stands')
      expect(await page.locator('#alarm-list span').allTextContents()).toEqual([
        'stale: nowStands since 2023-11-14 22:12, for 60.0 s.',
        `${EVIL}: ${EVIL}`,
        'silent binance:BTCUSDT:1m. Over since 2023-11-14 22:14, after 90.0 s.',
        'lost. Over since 2023-11-14 22:12.',
      ])
      expect(await page.locator('#alarm-list b').allTextContents()).toEqual(['critical', 'critical', 'ended', 'ended'])
      expect(await text(page, '#delay')).toBe('1.2 s')
      expect(await text(page, '#log-list span')).toBe(EVIL)
      const drift = await page.locator('#drifts tbody tr').first().locator('th, td').allTextContents()
      expect(drift).toEqual([EVIL, '50.00\u202f%', 'up to 10.00\u202f%', 'drifted', EVIL])
      expect(await page.locator('img').count()).toBe(0)
      expect(await page.title()).toContain('</script><img')
      expect(noise.splice(0)).toEqual([])
      const port = Number(new URL(server.address).port)
      await server.close()
      await soon(() => text(page, '#link')).toContain('no connection since')
      server = await serve(port, 11_000, null)
      await soon(() => text(page, '#equity')).toBe('11\u202f000.00')
      expect(await text(page, '#link')).toBe('live')
      expect(await text(page, '#delay')).toBe('–')
      expect(await text(page, '#delay-p')).toBe('the exchange has a time of its own')
      // the browser itself says that nobody was there
      for (const one of noise.splice(0))
        expect(one).toMatch(/ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE)/)
      await page.context().close()
    } finally {
      await server.close()
    }
  })
})
