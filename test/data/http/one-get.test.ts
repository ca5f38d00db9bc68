import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createPlainServer } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { WALL_CLOCK } from '../../../src/data/http/http-clock.ts'
import { type Outcome, send } from '../../../src/data/http/send.ts'

const PAGE = JSON.stringify(Array.from({ length: 500 }, (_, k) => [k, '42000.10000000']))
const MOST = 64 * 1024 * 1024

let server: Server | undefined

afterEach(async () => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

async function served(listener: RequestListener): Promise<string> {
  server = createServer(listener)
  await new Promise<void>((ready) => server!.listen(0, '127.0.0.1', ready))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function packed(encoding: string, bytes: Buffer): Promise<{ readonly outcome: Outcome; readonly said: string }> {
  let said = ''
  const origin = await served(({ headers }, response) => {
    said = String(headers['accept-encoding'])
    response.writeHead(200, { 'content-encoding': encoding }).end(bytes)
  })
  return { outcome: await send(`${origin}/page`, { timeout: 20_000, clock: WALL_CLOCK }), said }
}

test.each([
  ['gzip', gzipSync(PAGE)],
  ['br', brotliCompressSync(PAGE)],
  // names of codings have no case
  ['GZIP', gzipSync(PAGE)],
])('an answer in %s, which was asked for, is unpacked', async (encoding, bytes) => {
  const { outcome, said } = await packed(encoding, bytes)
  expect(said).toContain(encoding.toLowerCase())
  expect(outcome).toMatchObject({ kind: 'answer', status: 200, answer: { body: PAGE } })
})

test('an answer that unpacks to more than anybody has to say is given up', async () => {
  const { outcome } = await packed('gzip', gzipSync(Buffer.alloc(MOST + 1)))
  expect(outcome).toEqual({ kind: 'oversized', bytes: MOST })
})

test('a packed answer that is broken is a fault of the line, which is tried again', async () => {
  const { outcome } = await packed('gzip', gzipSync(PAGE).subarray(0, 300))
  expect(outcome).toEqual({ kind: 'network', code: 'Z_BUF_ERROR', message: 'unexpected end of file' })
})

test('a connection that is lost in mid-answer is named so', async () => {
  const origin = await served((_, response) => {
    response.writeHead(200, { 'content-length': 1000 })
    response.write('[', () => response.destroy())
  })
  const outcome = await send(origin, { timeout: 20_000, clock: WALL_CLOCK })
  expect(outcome).toEqual({
    kind: 'network',
    code: 'ECONNRESET',
    message: 'the connection was lost in mid-answer',
  })
})

test('a slow answer is cut at its time, also when it has begun', async () => {
  const origin = await served((_, response) => void response.writeHead(200).write('['))
  const outcome = await send(origin, { timeout: 200, clock: WALL_CLOCK })
  expect(outcome).toMatchObject({ kind: 'network', code: 'timeout' })
})

test('who stops in mid-answer is heard', async () => {
  const stop = new AbortController()
  const origin = await served(
    (_, response) => void response.writeHead(200).write('[', () => stop.abort(new Error('enough'))),
  )
  await expect(send(origin, { timeout: 20_000, clock: WALL_CLOCK, signal: stop.signal })).rejects.toThrow('enough')
})

test('a connection is kept for the next request', async () => {
  const ports = new Set<number | undefined>()
  const origin = await served(({ socket }, response) => {
    ports.add(socket.remotePort)
    response.end('[]')
  })
  for (let k = 0; k < 5; k++) await send(`${origin}/${k}`, { timeout: 20_000, clock: WALL_CLOCK })
  expect(ports.size).toBe(1)
})

test('a server that speaks another protocol is named with what is wrong', async () => {
  const other = createPlainServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))
  await new Promise<void>((ready) => other.listen(0, '127.0.0.1', ready))
  const origin = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  const outcome = await send(origin, { timeout: 20_000, clock: WALL_CLOCK })
  other.close()
  expect(outcome).toMatchObject({ kind: 'network', code: 'HPE_INVALID_CONSTANT' })
})

test('a server that switches to another protocol is a fault of the line, and its socket is let go of', async () => {
  let gone: Promise<unknown> | undefined
  const other = createPlainServer((socket) => {
    gone = once(socket, 'close')
    socket.on('error', () => undefined).resume()
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n')
  })
  await new Promise<void>((ready) => other.listen(0, '127.0.0.1', ready))
  const origin = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  const outcome = await send(origin, { timeout: 20_000, clock: WALL_CLOCK })
  expect(outcome).toEqual({
    kind: 'network',
    code: 'unknown',
    message: 'the server switched to another protocol, which nobody asked for',
  })
  await gone
  other.close()
})

test('a port on which nobody listens is refused, whichever it is', async () => {
  const outcome = await send('http://127.0.0.1:1/', { timeout: 20_000, clock: WALL_CLOCK })
  expect(outcome).toMatchObject({ kind: 'network', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:1' })
})

test('a name whose addresses all refuse is named with the first', async () => {
  const outcome = await send('http://localhost:1/', { timeout: 20_000, clock: WALL_CLOCK })
  expect(outcome).toMatchObject({ kind: 'network', code: 'ECONNREFUSED' })
  expect((outcome as { message: string }).message).toMatch(/^connect ECONNREFUSED (127\.0\.0\.1|::1):1$/)
})
