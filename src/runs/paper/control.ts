import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { writeAtomic } from '../../data/index.ts'
import type { PaperSnapshot } from './snapshot.ts'

/** What another shell may ask of a running session. */
export type ControlRequest =
  | { readonly ask: 'status' }
  | { readonly ask: 'stop'; readonly orders: 'keep' | 'cancel' | null }
  | { readonly ask: 'resume' | 'halt' | 'flatten'; readonly why: string }

export type ControlAnswer =
  | { readonly ok: true; readonly snapshot: PaperSnapshot }
  | { readonly ok: false; readonly error: string }

/** In a session's folder, beside its lock: where its socket is. Paths of sockets are short (108 bytes on Linux), those of folders are not. */
const WHERE = '.control'
/** A request is a line; longer ones are nobody's of ours. */
const LONGEST = 4096
/** How long an answer may take, ms: a session answers between two inputs. */
const PATIENCE = 10_000

/** Answers on a socket that only this user can open. */
export class Control {
  readonly #server: Server
  readonly #folder: string
  readonly #where: string
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, folder: string, where: string) {
    this.#server = server
    this.#folder = folder
    this.#where = where
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  static async open(dir: string, answer: (request: ControlRequest) => Promise<ControlAnswer>): Promise<Control> {
    // of a process that was killed
    forget(dir)
    const folder = mkdtempSync(join(tmpdir(), 'klinelab-'))
    const path = join(folder, 'control')
    const server = createServer((socket) => serve(socket, answer))
    const control = new Control(server, folder, join(dir, WHERE))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
    chmodSync(path, 0o600)
    writeAtomic(control.#where, path)
    return control
  }

  async close(): Promise<void> {
    rmSync(this.#where, { force: true })
    const closed = new Promise((resolve) => this.#server.close(resolve))
    // whoever has its answer goes by itself
    setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy()
    }, 1000).unref()
    await closed
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function forget(dir: string): void {
  const path = placeIn(dir)
  if (path !== null) rmSync(dirname(path), { recursive: true, force: true })
}

function placeIn(dir: string): string | null {
  const where = join(dir, WHERE)
  return existsSync(where) ? readFileSync(where, 'utf8') : null
}

function serve(socket: Socket, answer: (request: ControlRequest) => Promise<ControlAnswer>): void {
  let text = ''
  socket.setEncoding('utf8')
  socket.on('error', () => socket.destroy())
  socket.on('data', (part) => {
    text += part
    if (text.length > LONGEST) return socket.destroy()
    if (!text.includes('\n')) return
    const line = text.slice(0, text.indexOf('\n'))
    text = ''
    void answerTo(line, answer).then((said) => socket.end(`${JSON.stringify(said)}\n`))
  })
}

async function answerTo(
  line: string,
  answer: (request: ControlRequest) => Promise<ControlAnswer>,
): Promise<ControlAnswer> {
  try {
    return await answer(JSON.parse(line) as ControlRequest)
  } catch (error) {
    return { ok: false, error: (error as Error).message }
  }
}

/**
 * Asks the session that runs in a folder.
 * @returns `null` where none runs there
 */
export function askSession(dir: string, request: ControlRequest): Promise<ControlAnswer | null> {
  const path = placeIn(dir)
  if (path === null) return Promise.resolve(null)
  return new Promise((resolve, reject) => {
    const socket = createConnection(path)
    let text = ''
    socket.setEncoding('utf8')
    socket.setTimeout(PATIENCE, () => {
      socket.destroy()
      reject(new Error(`${dir}: the session does not answer`))
    })
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`))
    socket.on('data', (part) => {
      text += part
    })
    // nobody listens there any more
    socket.on('error', () => resolve(null))
    socket.on('end', () => resolve(text === '' ? null : (JSON.parse(text) as ControlAnswer)))
  })
}
