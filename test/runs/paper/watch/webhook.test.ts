import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { StreamClock } from '../../../../src/data/stream/stream-clock.ts'
import { parseWebhook, shownAddress, Webhook, webhookSecrets } from '../../../../src/runs/paper/watch/webhook.ts'

const ALARM = {
  at: Date.UTC(2024, 0, 2),
  kind: 'loss-limit',
  severity: 'critical',
  text: 'a loss',
  facts: { loss: 7 },
} as const
const named = (kind: string) => ({ ...ALARM, kind })

interface Heard {
  readonly path: string
  readonly body: Record<string, unknown>
  readonly headers: IncomingMessage['headers']
}

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A receiver that does what it is told, one request after the other; the last is repeated. */
async function receiver(...does: readonly ((response: ServerResponse) => void)[]) {
  const heard: Heard[] = []
  server = createServer((request, response) => {
    let text = ''
    request.on('data', (part) => (text += part))
    request.on('end', () => {
      heard.push({ path: request.url!, body: JSON.parse(text), headers: request.headers })
      does[Math.min(heard.length, does.length) - 1]!(response)
    })
  })
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { heard, url: new URL(`http://127.0.0.1:${port}/hook/T0PSECRETPATH?token=T0PSECRETQUERY`) }
}
const status =
  (code: number, headers = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(code, headers).end('x')

/** Passes every pause at once, and notes how long it would have been. */
function quickClock(): StreamClock & { readonly waited: number[] } {
  const waited: number[] = []
  return {
    waited,
    now: () => 0,
    after: (ms, act) => {
      waited.push(ms)
      const timer = setTimeout(act)
      return () => clearTimeout(timer)
    },
  }
}

function open(url: URL, patience?: number) {
  const faults: string[] = []
  const clock = quickClock()
  const about = { session: 'one', strategy: 'sma-cross' }
  const webhook = new Webhook({
    url,
    about,
    clock,
    onFault: (text) => faults.push(text),
    ...(patience && { patience }),
  })
  return { webhook, faults, clock }
}

describe('an alarm posted', () => {
  test('is JSON with the session it is of, in the order in which alarms went off', async () => {
    const { heard, url } = await receiver(status(200))
    url.username = 'me'
    url.password = 'p%40ss'
    const { webhook, faults } = open(url)
    for (const kind of ['a', 'b', 'c']) webhook.post(named(kind))
    await webhook.close()
    expect(heard.map(({ body }) => body['kind'])).toEqual(['a', 'b', 'c'])
    expect(heard[0]!.body).toEqual({
      ...named('a'),
      session: 'one',
      strategy: 'sma-cross',
      time: '2024-01-02T00:00:00.000Z',
    })
    expect(heard[0]!.path).toBe('/hook/T0PSECRETPATH?token=T0PSECRETQUERY')
    expect(heard[0]!.headers['content-type']).toBe('application/json')
    expect(heard[0]!.headers.authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`)
    expect(faults).toEqual([])
  })

  test('that cannot even be sent is told of, and the next one is tried', async () => {
    const { webhook, faults } = open(new URL('http://ops:pa%ss@127.0.0.1:9/x'))
    for (const kind of ['a', 'b']) webhook.post(named(kind))
    await webhook.close()
    expect(faults).toHaveLength(2)
    expect(faults[0]).toMatch(/^the alarm a did not reach the webhook at http:\/\/127\.0\.0\.1:9\/\*\*\*: /)
    expect(faults.join()).not.toContain('pa%ss')
  })

  test('comes again where the receiver fails for a while, after longer and longer, and as late as it asks', async () => {
    const { heard, url } = await receiver(status(500), status(429, { 'retry-after': '30' }), status(503), status(204))
    const { webhook, faults, clock } = open(url)
    webhook.post(ALARM)
    await webhook.close()
    expect(heard.length).toBe(4)
    expect(clock.waited).toEqual([1_000, 30_000, 15_000])
    expect(faults).toEqual([])
  })

  test('is given up where it is refused, and the next one is posted', async () => {
    const { heard, url } = await receiver(status(400), status(200))
    const { webhook, faults } = open(url)
    webhook.post(named('bad'))
    webhook.post(named('good'))
    await webhook.close()
    expect(heard.map(({ body }) => body['kind'])).toEqual(['bad', 'good'])
    expect(faults).toEqual([`the alarm bad did not reach the webhook at ${shownAddress(url)}: HTTP 400`])
  })

  test('does not wait for ever, follows nobody elsewhere, and says no secret of the address', async () => {
    const { heard, url } = await receiver(() => undefined)
    const silent = open(url, 50)
    silent.webhook.post(ALARM)
    await silent.webhook.close()
    // the first and four more
    expect(heard.length).toBe(5)
    expect(silent.faults[0]).toContain('no answer within 50 ms')
    server!.closeAllConnections()
    server!.close()
    const gone = open(url)
    gone.webhook.post(ALARM)
    await gone.webhook.close()
    expect(gone.faults[0]).toContain('ECONNREFUSED')
    const elsewhere = await receiver(status(307, { location: 'http://127.0.0.1:1/' }))
    const led = open(elsewhere.url)
    led.webhook.post(ALARM)
    await led.webhook.close()
    expect(led.faults[0]).toContain('it leads elsewhere')
    for (const text of [...silent.faults, ...gone.faults, ...led.faults]) expect(text).not.toMatch(/T0PSECRET/)
  })

  test('holds up nobody: handing one over waits for nothing, and the oldest go where too many wait', async () => {
    const { heard, url } = await receiver((response) => setTimeout(() => response.end(), 2))
    const { webhook, faults } = open(url)
    // no promise that somebody could wait for
    for (let k = 0; k < 150; k++) expect(webhook.post(named(`k${k}`))).toBeUndefined()
    expect(heard.length).toBe(0)
    await webhook.close()
    expect(faults.length).toBe(50)
    expect(faults[0]).toContain('the alarm k1 did not reach')
    // the first was underway already
    const kept = ['k0', ...Array.from({ length: 99 }, (_, k) => `k${k + 51}`)]
    expect(heard.map(({ body }) => body['kind'])).toEqual(kept)
  })

  test('that still waits when the session ends is told of', async () => {
    const { url } = await receiver(() => undefined)
    const { webhook, faults } = open(url)
    webhook.post(named('a'))
    webhook.post(named('b'))
    await webhook.close(30)
    expect(faults.length).toBe(2)
    for (const text of faults) expect(text).toContain('the session ended first')
    webhook.post(ALARM)
    expect(faults.length).toBe(2)
  })
})

describe('an address', () => {
  test('is https, or of this machine', () => {
    for (const text of ['https://hooks.example.com/x', 'http://127.0.0.1:9/x', 'http://localhost/x', 'http://[::1]:9/'])
      expect(parseWebhook(text).href).toContain('://')
    for (const text of [
      'http://example.com/x',
      'http://127.0.0.1.example.com/',
      'ftp://127.0.0.1/',
      'x',
      'file:///etc/passwd',
    ])
      expect(() => parseWebhook(text)).toThrow('--webhook: write an https address')
    expect(() => parseWebhook('http://example.com/T0PSECRET')).not.toThrow(/T0PSECRET/)
  })

  test('with a bare % in its password or user is refused, and what is refused is not said', () => {
    for (const user of ['ops:pa%ss-T0P', 'o%zz:word-T0P']) {
      const parsed = () => parseWebhook(`https://${user}@example.com/x`)
      expect(parsed).toThrow('--webhook: a % in its user or password is written %25')
      expect(parsed).not.toThrow(/T0P/)
    }
    expect(parseWebhook('https://ops:pa%25ss@example.com/x').password).toBe('pa%25ss')
  })

  test('has its secrets in its path, its query and its user', () => {
    const url = new URL('https://me-myself:pass%2Fword@example.com/services/T00000000/xyz?token=query-token')
    const secrets = webhookSecrets(url)
    for (const one of ['me-myself', 'pass/word', 'pass%2Fword', 'T00000000', 'query-token'])
      expect(secrets).toContain(one)
    expect(secrets).not.toContain('xyz')
    expect(shownAddress(url)).toBe('https://example.com/***')
  })
})
