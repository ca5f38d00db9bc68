import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Fault, Faults } from './faults.ts'
import type { StreamPath } from './stream-path.ts'

/** Streams of one connection. */
export const MOST_STREAMS = 1024
/** Messages that a connection may send within a second. */
const MOST_MESSAGES = 10
const PING_EVERY = 180_000
const PONG_WITHIN = 600_000
const LIFE = 24 * 3_600_000

export interface SocketTimes {
  readonly pingEvery: number
  readonly pongWithin: number
  readonly life: number
}

export const SOCKET_TIMES: SocketTimes = { pingEvery: PING_EVERY, pongWithin: PONG_WITHIN, life: LIFE }

/** One connection to the streams: what it has subscribed to, and what is done to its frames. */
export class StreamSocket {
  readonly names = new Set<string>()
  readonly path: StreamPath
  readonly #socket: WebSocket
  /** What the websocket writes to: frames of one moment go out together. */
  readonly #wire: Duplex
  #isCorked = false
  readonly #faults: Faults
  readonly #mostWaiting: () => number
  readonly #openedAt: number
  #second = 0
  #messages = 0
  #pingedAt: number
  #pongAt: number
  #isHalfOpen = false
  /** A frame that waits for the one after it. */
  #held: string | null = null

  /** @param mostWaiting bytes that may wait for a reader that does not read; beyond them the connection is cut */
  constructor(
    socket: WebSocket,
    wire: Duplex,
    path: StreamPath,
    faults: Faults,
    at: number,
    mostWaiting: () => number,
  ) {
    this.#mostWaiting = mostWaiting
    this.#socket = socket
    this.#wire = wire
    this.path = path
    this.#faults = faults
    this.#openedAt = at
    this.#pingedAt = at
    this.#pongAt = at
    socket.on('pong', () => {
      this.#pongAt = Date.now()
    })
  }

  /** Bytes that its reader has not taken yet; 0 of one that nobody needs to wait for. */
  get waiting(): number {
    return this.#isHalfOpen || this.#socket.readyState !== this.#socket.OPEN ? 0 : this.#socket.bufferedAmount
  }

  /** Counts a message that came; false: it was one too many, and the connection is closed. */
  admits(at: number): boolean {
    const second = Math.floor(at / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#messages = 0
    }
    if (++this.#messages <= MOST_MESSAGES) return true
    this.#socket.close(1008, 'Too many requests')
    return false
  }

  /** An event of a stream, as text; wrapped where the path says so. */
  event(stream: string, type: string | undefined, text: string): void {
    const frame = this.path.isWrapped ? `{"stream":${JSON.stringify(stream)},"data":${text}}` : text
    const [fault] = this.#faults.ofFrame(stream, type)
    if (fault === undefined) this.reply(frame)
    else this.#spoil(fault, frame)
  }

  /** An answer to a message, or a frame that nothing is done to. */
  reply(frame: string): void {
    if (this.#isHalfOpen || this.#socket.readyState !== this.#socket.OPEN) return
    if (this.#socket.bufferedAmount > this.#mostWaiting()) return this.#socket.terminate()
    this.#cork()
    this.#socket.send(frame)
    if (this.#held === null) return
    this.#socket.send(this.#held)
    this.#held = null
  }

  #cork(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    this.#wire.cork()
    process.nextTick(() => {
      this.#isCorked = false
      this.#wire.uncork()
    })
  }

  /** Pings, and the end of connections that are old or do not answer. */
  tick(at: number, times: SocketTimes): void {
    if (at - this.#openedAt >= times.life) return this.close(1001, 'Connection has been open for 24 hours')
    if (at - this.#pongAt >= times.pongWithin && this.#pingedAt > this.#pongAt) return this.close(1008, 'Pong timeout')
    if (at - this.#pingedAt < times.pingEvery || this.#isHalfOpen) return
    this.#pingedAt = at
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping(String(at))
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  terminate(): void {
    this.#socket.terminate()
  }

  /** It says nothing more, and nobody is told. */
  silence(): void {
    this.#isHalfOpen = true
    // the library would answer pings by itself
    this.#socket.pong = () => undefined
  }

  #spoil({ kind, ms = 0 }: Fault, frame: string): void {
    if (kind === 'drop') return
    if (kind === 'half-open') return this.silence()
    if (kind === 'close') return this.close(1001, 'Going away')
    if (kind === 'cut') return this.terminate()
    if (kind === 'reorder' && this.#held === null) {
      this.#held = frame
      return
    }
    // one that is held already goes out behind this one
    if (kind === 'reorder') return this.reply(frame)
    if (kind === 'duplicate') this.reply(frame)
    setTimeout(() => this.reply(frame), ms).unref()
  }
}
