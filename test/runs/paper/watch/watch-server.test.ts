import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { connect } from 'node:net'
import { hostname } from 'node:os'
import { afterEach, describe, expect, test } from 'vitest'
import { Gatekeeper, isLoopback } from '../../../../src/data/serve/gatekeeper.ts'
import { LiveHub } from '../../../../src/runs/paper/watch/live-hub.ts'
import { WatchServer } from '../../../../src/runs/paper/watch/watch-server.ts'

/** Machines are busy. */
const soon = <T>(of: () => T) => expect.poll(of, { timeout: 15_000 })

let open: { server: WatchServer; hub: LiveHub } | undefined
afterEach(async () => {
  await open?.server.close()
  open = undefined
})

interface Served {
  readonly trouble?: () => string | null
  readonly heartbeat?: number
  readonly host?: string
  readonly key?: string | null
}

async function serve({ trouble = () => null, heartbeat = 60_000, host = '127.0.0.1', key = null }: Served = {}) {
  let n = 0
  const hub = new LiveHub({ whole: () => ({ whole: ++n }), heartbeat })
  const server = await WatchServer.open({
    ...{ host, port: 0, key, flag: 'dashboard', trouble },
    page: { html: '<!doctype html><p>page</p>', script: 'let a = 1', style: 'p{}', hub },
    snapshot: () => ({ equity: 5 }),
    metrics: { contentType: 'text/plain; version=0.0.4', text: async () => 'klinelab_equity 5\n' },
  })
  open = { server, hub }
  return { server, hub, port: Number(new URL(server.address).port) }
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** fetch() writes the Host itself. */
function ask(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers, method, agent: false }, (response) => {
      let body = ''
      response.on('data', (part) => (body += part))
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** Reads events as a page does, until `enough` of them are there. */
function events(port: number, path: string, headers: Record<string, string> = {}) {
  let text = ''
  const asked = request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
    response.on('data', (part) => (text += part))
  })
  asked.on('error', () => undefined)
  asked.end()
  const all = () =>
    text
      .split('\n\n')
      .slice(0, -1)
      .filter((block) => /^event: (?!beat)/m.test(block))
      .map((block) => ({
        id: /^id: (.*)$/m.exec(block)![1]!,
        event: /^event: (.*)$/m.exec(block)![1]!,
        data: JSON.parse(/^data: (.*)$/m.exec(block)![1]!) as unknown,
      }))
  return { all, text: () => text, leave: () => asked.destroy() }
}

describe('whom it answers', () => {
  test.each([
    ['its address', { host: '127.0.0.1' }, 200],
    ['localhost', { host: 'localhost:1' }, 200],
    ['IPv6 loopback', { host: '[::1]:7788' }, 200],
    ['a page of its own', { host: 'localhost', origin: 'http://localhost:7788' }, 200],
    ['a name that leads here', { host: 'evil.example.com' }, 403],
    ['a name that begins like ours', { host: '127.0.0.1.example.com' }, 403],
    ['another machine’s address', { host: '192.168.1.7' }, 403],
    ['a page of another', { host: '127.0.0.1', origin: 'https://evil.example.com' }, 403],
    ['a page without an origin', { host: '127.0.0.1', origin: 'null' }, 403],
  ])('%s', async (_, headers, status) => {
    const { port } = await serve()
    for (const path of ['/', '/snapshot.json', '/metrics', '/healthz'])
      expect((await ask(port, path, headers)).status).toBe(status)
    if (status === 403) expect((await ask(port, '/events', headers)).status).toBe(403)
  })

  test('where others reach it, addresses and its own name, and still no name that leads there', async () => {
    const { port } = await serve({ host: '0.0.0.0' })
    const status = async (headers: Record<string, string>) => (await ask(port, '/', headers)).status
    for (const host of ['192.168.1.7:7788', '[fe80::1]:7788', 'localhost', hostname()])
      expect([host, await status({ host })]).toEqual([host, 200])
    expect(await status({ host: 'evil.example.com' })).toBe(403)
    expect(await status({ host: '10.0.0.1', origin: 'http://evil.example.com' })).toBe(403)
    expect(await status({ host: '10.0.0.1:7788', origin: 'http://10.0.0.1:7788' })).toBe(200)
    // pages have addresses, too
    expect(await status({ host: '10.0.0.1', origin: 'http://203.0.113.9' })).toBe(403)
  })

  test('names and addresses', () => {
    const gatekeeper = new Gatekeeper({ of: 'this', hosts: ['dash.lan'] })
    expect(gatekeeper.refuses({ host: 'DASH.lan:80' })).toBeNull()
    expect(gatekeeper.refuses({ host: '10.0.0.1' })).toBe('this does not answer to that Host')
    expect(gatekeeper.refuses({})).toBe('this does not answer to that Host')
    expect(['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'localhost'].every(isLoopback)).toBe(true)
    expect(['0.0.0.0', '::', '192.168.1.7', '127.0.0.1.example.com', 'example.com'].some(isLoopback)).toBe(false)
  })
})

describe('the key', () => {
  const KEY = 'mönter:correct horse'
  const basic = (password: string, name = '') => ({
    authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
  })

  test('is wanted for all but whether it is up, in the way that browsers ask for', async () => {
    const { port } = await serve({ key: KEY })
    const wrong = [
      {},
      basic(''),
      basic(KEY.slice(1)),
      basic(`${KEY} `),
      basic('x', KEY),
      { authorization: `Bearer ${KEY}` },
    ]
    for (const path of ['/', '/events', '/metrics', '/snapshot.json', '/nothing'])
      for (const headers of wrong) {
        const { status, headers: said, body } = await ask(port, path, headers)
        expect([path, status]).toEqual([path, 401])
        expect(said['www-authenticate']).toBe('Basic realm="klinelab paper", charset="UTF-8"')
        expect(body).not.toContain(KEY)
        expect(body).toMatch(/KLINELAB_DASHBOARD_KEY, by HTTP Basic: .* curl -u ":\$KLINELAB_DASHBOARD_KEY" /)
      }
    for (const path of ['/', '/metrics', '/snapshot.json'])
      for (const name of ['', 'anybody']) expect((await ask(port, path, basic(KEY, name))).status).toBe(200)
    const page = events(port, '/events', basic(KEY))
    await soon(() => page.all().length).toBe(1)
    page.leave()
  })

  test('opens nothing to a foreign page', async () => {
    const { port } = await serve({ key: KEY })
    const foreign: Record<string, string>[] = [{ host: 'evil.example.com' }, { origin: 'https://evil.example.com' }]
    for (const headers of foreign)
      expect((await ask(port, '/snapshot.json', { ...basic(KEY), ...headers })).status).toBe(403)
  })

  test('is not wanted of who only looks whether it is up, and it is not told what is wrong', async () => {
    const { port } = await serve({ key: KEY, trouble: () => 'stale: binance:BTCUSDT:1m has no bar' })
    const [strange, known] = [await ask(port, '/healthz'), await ask(port, '/healthz', basic(KEY))]
    expect([strange.status, strange.body]).toEqual([503, 'not well\n'])
    expect([known.status, known.body]).toEqual([503, 'stale: binance:BTCUSDT:1m has no bar\n'])
  })
})

describe('what it serves', () => {
  test('is asked with GET alone, or for its head', async () => {
    const { port } = await serve()
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const { status, headers } = await ask(port, '/snapshot.json', {}, method)
      expect([method, status, headers['allow']]).toEqual([method, 405, 'GET, HEAD'])
    }
    const whole = await ask(port, '/')
    const head = await ask(port, '/', {}, 'HEAD')
    expect([head.status, head.body]).toEqual([200, ''])
    expect(head.headers['content-length']).toBe(whole.headers['content-length'])
    expect((await ask(port, '/events', {}, 'HEAD')).status).toBe(405)
  })

  test('says that nothing may be loaded, framed, kept or guessed, and which script is its own', async () => {
    const { port } = await serve()
    const { headers, body, status } = await ask(port, '/')
    expect([status, body]).toEqual([200, '<!doctype html><p>page</p>'])
    const hash = createHash('sha256').update('let a = 1').digest('base64')
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain(`script-src 'sha256-${hash}'`)
    expect(policy).not.toContain('unsafe')
    expect(policy).toContain("frame-ancestors 'none'")
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['cache-control']).toBe('no-store')
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })

  test('is the snapshot, the figures, and nothing else', async () => {
    const { port } = await serve()
    expect(JSON.parse((await ask(port, '/snapshot.json')).body)).toEqual({ equity: 5 })
    const metrics = await ask(port, '/metrics')
    expect([metrics.body, metrics.headers['content-type']]).toEqual([
      'klinelab_equity 5\n',
      'text/plain; version=0.0.4',
    ])
    for (const path of ['/favicon.ico', '/..%2f..%2fetc/passwd', '//x', '/snapshot.json/', '/control'])
      expect([path, (await ask(port, path)).status]).toEqual([path, 404])
  })

  test('is healthy while nothing is wrong, and says what is', async () => {
    let why: string | null = null
    const { port } = await serve({ trouble: () => why })
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200, body: 'ok\n' })
    why = 'halted'
    expect(await ask(port, '/healthz')).toMatchObject({ status: 503, body: 'halted\n' })
  })

  test('outlives bytes that are no request', async () => {
    const { port } = await serve()
    for (const bytes of [
      '\u0000\u0001\u0002\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET /${'x'.repeat(40_000)} HTTP/1.1\r\n\r\n`,
      'GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n',
    ])
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
        socket.on('error', () => undefined)
        socket.on('data', () => socket.destroy())
        socket.on('close', () => resolve())
      })
    expect((await ask(port, '/healthz')).status).toBe(200)
  })

  test('names the flag and the port where that is taken', async () => {
    const { port, server } = await serve()
    const metrics = { contentType: 'text/plain', text: async () => '' }
    const taken = {
      host: '127.0.0.1',
      port,
      flag: 'metrics',
      key: null,
      page: null,
      snapshot: () => null,
      trouble: () => null,
      metrics,
    }
    await expect(WatchServer.open(taken)).rejects.toThrow(
      `--metrics ${port} on 127.0.0.1: the port is taken: give another`,
    )
    expect(server.address).toBe(`http://127.0.0.1:${port}/`)
  })
})

describe('events', () => {
  test('begin with everything and go on with what comes', async () => {
    const { port, hub } = await serve()
    const page = events(port, '/events')
    await soon(() => page.all().length).toBe(1)
    hub.send('tick', { a: 1 })
    hub.send('log', ['b'])
    await expect
      .poll(() => page.all().map(({ event, data }) => [event, data]))
      .toEqual([
        ['whole', { whole: 1 }],
        ['tick', { a: 1 }],
        ['log', ['b']],
      ])
    expect(page.text()).toMatch(/^retry: 2000\n\n/)
  })

  test.each(['header', 'address'])('after a lost connection are those that were missed, told by the %s', async (by) => {
    const { port, hub } = await serve()
    const first = events(port, '/events')
    await soon(() => first.all().length).toBe(1)
    hub.send('tick', 1)
    await soon(() => first.all().length).toBe(2)
    const { id } = first.all()[1]!
    first.leave()
    await soon(() => hub.readers).toBe(0)
    hub.send('tick', 2)
    hub.send('tick', 3)
    const again =
      by === 'header' ? events(port, '/events', { 'last-event-id': id }) : events(port, `/events?last=${id}`)
    await soon(() => again.all().map(({ data }) => data)).toEqual([2, 3])
    hub.send('tick', 4)
    await soon(() => again.all().map(({ data }) => data)).toEqual([2, 3, 4])
  })

  test('that are too old, of another process or of nobody are everything anew', async () => {
    const { port, hub } = await serve()
    const first = events(port, '/events')
    await soon(() => first.all().length).toBe(1)
    const { id } = first.all()[0]!
    for (let k = 0; k < 101; k++) hub.send('tick', k)
    for (const last of [id, '00000000.100', `${id.split('.')[0]}.999`, 'x', '']) {
      const page = events(port, '/events', { 'last-event-id': last })
      await soon(() => page.all().map(({ event }) => event)).toEqual(['whole'])
      page.leave()
    }
  })

  test('have a heartbeat, an end, and room for so many pages', async () => {
    const { port, hub, server } = await serve({ heartbeat: 20 })
    const pages = Array.from({ length: 32 }, () => events(port, '/events'))
    await soon(() => hub.readers).toBe(32)
    expect((await ask(port, '/events')).status).toBe(503)
    await soon(() => pages[31]!.text()).toMatch(/^: so far$/m)
    pages[0]!.leave()
    await soon(() => hub.readers).toBe(31)
    await server.close()
    open = undefined
    expect(hub.readers).toBe(0)
  })
})
