import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Faults } from './faults.ts'
import type { Market, MarketChange } from './market.ts'
import { eventsOf } from './stream-events.ts'
import { parseStream, roadOf, type Stream } from './stream-names.ts'
import type { StreamPath } from './stream-path.ts'
import { MOST_STREAMS, SOCKET_TIMES, type SocketTimes, StreamSocket } from './stream-socket.ts'
import type { SymbolMarket } from './symbol-market.ts'
import type { UserEvent } from './wire.ts'

/** Readers that are farther behind hold up a replay that waits for nobody else. */
const BEHIND = 1024 * 1024
/** Bytes that may wait for readers that do not read: for one, and for all together as long as each has room to be behind. */
const MOST_WAITING = 64 * BEHIND
const ALL_WAITING = 256 * BEHIND
/** Longer names are acknowledged as all names of no stream are, and not kept. */
const LONGEST_NAME = 200

/** A stream that somebody listens to. */
interface Channel {
  /** `null` of a name that is none, or is a listenKey. */
  readonly stream: Stream | null
  readonly sockets: Set<StreamSocket>
}

/** Websocket connections, and who is told what. */
export class StreamHub {
  readonly #market: Market
  readonly #faults: Faults
  readonly #times: SocketTimes
  readonly #sockets = new Set<StreamSocket>()
  readonly #channels = new Map<string, Channel>()

  constructor(market: Market, faults: Faults, times: Partial<SocketTimes> = {}) {
    this.#market = market
    this.#faults = faults
    this.#times = { ...SOCKET_TIMES, ...times }
    market.onChange((one, change) => this.#changed(one, change))
  }

  get #mostWaiting(): number {
    return Math.min(MOST_WAITING, Math.max(2 * BEHIND, ALL_WAITING / this.#sockets.size))
  }

  get count(): number {
    return this.#sockets.size
  }

  connect(socket: WebSocket, wire: Duplex, path: StreamPath): void {
    const one = new StreamSocket(socket, wire, path, this.#faults, Date.now(), () => this.#mostWaiting)
    this.#sockets.add(one)
    for (const name of path.names.slice(0, MOST_STREAMS)) this.#add(one, name)
    socket.on('message', (data) => this.#heard(one, String(data)))
    socket.on('ping', () => one.admits(Date.now()))
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      this.#sockets.delete(one)
      for (const name of one.names) this.#remove(one, name)
    })
  }

  /** An event of the account, to all who have named its listenKey. */
  tellUser(listenKey: string, event: UserEvent): void {
    const channel = this.#channels.get(listenKey)
    if (channel === undefined) return
    const text = JSON.stringify(event)
    for (const socket of channel.sockets) {
      const { road, events } = socket.path
      if (road !== 'private' && road !== 'spot') continue
      if (events === null || events.has(event.e)) socket.event(listenKey, event.e, text)
    }
  }

  /** Some times a second, by the wall clock. */
  tick(at: number): void {
    for (const socket of this.#sockets) socket.tick(at, this.#times)
  }

  /** Whether a reader is far behind. */
  get isBehind(): boolean {
    for (const socket of this.#sockets) if (socket.waiting > BEHIND) return true
    return false
  }

  /** Does something to all connections at once, as faults do. */
  each(act: (socket: StreamSocket) => void): void {
    for (const socket of [...this.#sockets]) act(socket)
  }

  closeAll(): void {
    this.each((socket) => socket.terminate())
  }

  #changed(one: SymbolMarket, change: MarketChange): void {
    for (const [name, { stream, sockets }] of this.#channels) {
      if (stream === null || (stream.market !== null && stream.market !== one)) continue
      // the mark of the close is told just ahead of it
      if (change === (stream.kind === 'markPrice' ? 'close' : 'mark')) continue
      for (const event of eventsOf(stream, one, change, this.#market)) {
        const text = JSON.stringify(stream.isList ? [event] : event)
        for (const socket of sockets) if (isOpenTo(socket, stream)) socket.event(name, (event as UserEvent).e, text)
      }
    }
  }

  #heard(socket: StreamSocket, text: string): void {
    if (!socket.admits(Date.now())) return
    socket.reply(JSON.stringify(this.#answer(socket, text)))
  }

  #answer(socket: StreamSocket, text: string): object {
    let message: { method?: unknown; params?: unknown; id?: unknown } | null
    try {
      message = JSON.parse(text)
    } catch {
      return { error: { code: 3, msg: 'Invalid JSON: expected value at line 1 column 1' } }
    }
    if (typeof message !== 'object' || message === null) return wrong('expected an object')
    const { method, params = [], id = null } = message
    if (id !== null && typeof id !== 'number' && typeof id !== 'string')
      return wrong('request ID must be an unsigned integer or a string')
    if (method === 'LIST_SUBSCRIPTIONS') return { result: [...socket.names], id }
    if (method === 'GET_PROPERTY') return { result: socket.path.isWrapped, id }
    if (method !== 'SUBSCRIBE' && method !== 'UNSUBSCRIBE')
      return wrong(`unknown variant \`${String(method).slice(0, 40)}\`, expected one of \`SUBSCRIBE\`, \`UNSUBSCRIBE\`, \`LIST_SUBSCRIPTIONS\`, \`SET_PROPERTY\`, \`GET_PROPERTY\``, id) // biome-ignore format: one message
    if (!Array.isArray(params) || !params.every((name) => typeof name === 'string'))
      return wrong('params must be a list of stream names', id)
    if (method === 'SUBSCRIBE' && new Set([...socket.names, ...params]).size > MOST_STREAMS)
      return wrong(`a connection has at most ${MOST_STREAMS} streams`, id)
    for (const name of params as readonly string[])
      if (method === 'SUBSCRIBE') this.#add(socket, name)
      else this.#remove(socket, name)
    return { result: null, id }
  }

  #add(socket: StreamSocket, name: string): void {
    if (name.length > LONGEST_NAME) return
    socket.names.add(name)
    let channel = this.#channels.get(name)
    if (channel === undefined) {
      channel = { stream: parseStream(name, this.#market), sockets: new Set() }
      this.#channels.set(name, channel)
    }
    channel.sockets.add(socket)
  }

  #remove(socket: StreamSocket, name: string): void {
    socket.names.delete(name)
    const channel = this.#channels.get(name)
    if (channel === undefined) return
    channel.sockets.delete(socket)
    if (channel.sockets.size === 0) this.#channels.delete(name)
  }
}

function isOpenTo({ path: { road } }: StreamSocket, stream: Stream): boolean {
  return road === 'spot' || road === roadOf(stream)
}

function wrong(why: string, id: string | number | null = null): object {
  return { error: { code: 2, msg: `Invalid request: ${why}` }, id }
}
