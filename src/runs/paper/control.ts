import { chmodSync, existsSync, lstatSync, mkdtempSync, readFileSync, realpathSync, rmdirSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { writeAtomic } from '../../data/index.ts'
import { listen } from '../../data/serve/listen.ts'
import type { PaperSnapshot } from './snapshot.ts'

/** What another shell may ask of a running session. */
export type ControlRequest =
  | { readonly ask: 'status' }
  | { readonly ask: 'stop'; readonly orders: 'keep' | 'cancel' | null }
  | { readonly ask: 'resume' | 'halt' | 'flatten'; readonly why: string }

export type ControlAnswer =
  | { readonly ok: true; readonly snapshot: PaperSnapshot }
  | { readonly ok: false; readonly error: string }

/** In a session's folder, beside its lock: another user's or a service's temporary files may be others. */
const SOCKET = '.socket'
/** In its stead where that path is too long for a socket: where it is, and of which folder. */
const WHERE = '.control'
const ELSEWHERE = 'control'
/** Of a socket's path, bytes: 104 with their end on macOS, 108 on Linux. */
const LONGEST_PATH = 103
/** A request is a line; longer ones are nobody's of ours. */
const LONGEST = 4096
/** How long an answer may take, ms: a session answers between two inputs. */
const PATIENCE = 10_000

/** Answers on a socket that only this user can open. */
export class Control {
  readonly #server: Server
  readonly #dir: string
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, dir: string) {
    this.#server = server
    this.#dir = dir
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  /** For who holds the session's lock. */
  static async open(dir: string, answer: (request: ControlRequest) => Promise<ControlAnswer>): Promise<Control> {
    // of a process that was killed
    forget(dir)
    const server = createServer((socket) => serve(socket, answer))
    const control = new Control(server, dir)
    const own = join(dir, SOCKET)
    if (Buffer.byteLength(own) <= LONGEST_PATH && (await canListen(server, own))) return control
    const path = join(mkdtempSync(join(tmpdir(), 'klinelab-')), ELSEWHERE)
    await listenAt(server, path)
    writeAtomic(join(dir, WHERE), `${path}\n${realpathSync(dir)}`)
    return control
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    // whoever has its answer goes by itself
    setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy()
    }, 1000).unref()
    await closed
    forget(this.#dir)
  }
}

/** For this user alone. */
async function listenAt(server: Server, path: string): Promise<void> {
  await listen(server, { path })
  chmodSync(path, 0o600)
}

/** Not every disk holds sockets. */
function canListen(server: Server, path: string): Promise<boolean> {
  return listenAt(server, path).then(
    () => true,
    () => false,
  )
}

/** Takes a socket away whose process is gone. What a file says is deleted only where it is a socket of ours, and this session's. */
function forget(dir: string): void {
  rmSync(join(dir, SOCKET), { force: true })
  const path = elsewhere(dir)
  rmSync(join(dir, WHERE), { force: true })
  if (path === null || basename(path) !== ELSEWHERE || dirname(dirname(path)) !== tmpdir()) return
  const folder = dirname(path)
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!/^klinelab-[A-Za-z0-9]{6}$/.test(basename(folder)) || stat?.isSocket() === false) return
  try {
    rmSync(path, { force: true })
    rmdirSync(folder)
  } catch {
    // it holds something else, or is gone
  }
}

/** The socket of a session, where its process may listen. */
function placeIn(dir: string): string | null {
  const own = join(dir, SOCKET)
  return existsSync(own) ? own : elsewhere(dir)
}

/** A copy of a session's folder names the socket of the other. */
function elsewhere(dir: string): string | null {
  const where = join(dir, WHERE)
  if (!existsSync(where)) return null
  const [path = '', of] = readFileSync(where, 'utf8').split('\n')
  return of === realpathSync(dir) ? path : null
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
      const open =
        request.ask === 'status' ? '' : `; whether it will ${request.ask} nobody can say yet: ask for its status`
      reject(new Error(`${dir}: the session has not answered for ${PATIENCE / 1000} s${open}`))
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
