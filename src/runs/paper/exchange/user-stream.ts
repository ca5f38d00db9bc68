import { type DefaultLogger, WebsocketClient } from 'binance'
import type { Destination } from './destination.ts'
import { type Fields, fieldsOf, textIn } from './fields.ts'
import { type Gate, requestOptions, restOptions } from './gate.ts'
import type { Keys } from './keys.ts'
import type { Market } from './market.ts'
import { pause } from './pause.ts'
import type { Timing } from './timing.ts'

interface UserStreamOptions {
  readonly market: Market
  readonly destination: Destination
  readonly keys: Keys
  readonly timing: Timing
  readonly gate: Gate
  readonly signal: AbortSignal
  readonly onEvent: (event: Fields) => void
  readonly onLost: () => void
  /** It is there again: what was said meanwhile was said to nobody. */
  readonly onBack: () => void
  readonly log: (level: 'debug' | 'warn', text: string) => void
}

/** The `binance` package's own bookkeeping that has to be ended by hand, or its timers would keep the process alive. */
interface Innards {
  respawnUserDataStream: () => Promise<void>
  respawnTimeoutCache: Record<string, NodeJS.Timeout>
  getUserDataStreamManager: () => { teardownUserDataListenKey: (listenKey: string, ws: undefined) => void }
}

/**
 * What the exchange says of the account, through the `binance` package: it makes the listen key, connects again, pings, and takes a new
 * key when the old one has run out. Here is what it leaves out: a key is kept alive more often than its 50 minutes, and a connection
 * that stands and says nothing can be made anew with another key.
 */
export class UserStream {
  readonly #options: UserStreamOptions
  #client: WebsocketClient | null = null
  #timer: NodeJS.Timeout | null = null
  #isClosed = false

  constructor(options: UserStreamOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#client !== null
  }

  /** @throws Error where it cannot be opened in a few tries */
  async open(): Promise<void> {
    const { timing, signal } = this.#options
    for (let tries = 1; !(await this.#connect()); tries++) {
      if (tries >= 5 || signal.aborted)
        throw new Error('the user stream cannot be opened: without it no fill is heard of')
      await pause(timing.reconnect * tries, signal)
    }
    this.#timer = setInterval(() => void this.#keepAlive(), timing.keepAlive)
    this.#timer.unref()
  }

  /** Ends what there is and begins anew: with another key, since the old one may be what is dead. */
  async remake(why: string): Promise<void> {
    const { log, onLost, onBack, gate, timing, signal, market } = this.#options
    log('warn', `the user stream is made anew: ${why}`)
    const named = this.#named()
    this.#dispose()
    onLost()
    await gate.send('DELETE', market.paths.listenKey, named, { isSigned: false, isExit: true })
    for (let tries = 1; !this.#isClosed && !signal.aborted; tries++) {
      if (await this.#connect()) return onBack()
      await pause(Math.min(timing.reconnect * tries, timing.maxBackoff), signal)
    }
  }

  close(): void {
    this.#isClosed = true
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#dispose()
  }

  async #connect(): Promise<boolean> {
    const { market, destination, keys, timing, onEvent, onLost, onBack, log } = this.#options
    destination.check(destination.stream)
    const { http, https } = destination.agents
    const client = new WebsocketClient(
      {
        api_key: keys.key,
        api_secret: keys.secret,
        beautify: false,
        ...(destination.kind === 'demo' ? { demoTrading: true } : { wsUrl: destination.stream }),
        // it reads the exchange's code -1125 off its own exceptions
        restOptions: { ...restOptions(destination, keys, timing), parseExceptions: true },
        requestOptions: requestOptions(destination, timing),
        wsOptions: { agent: destination.stream.startsWith('wss:') ? https : http, followRedirects: false },
        pingInterval: timing.ping,
        pongTimeout: timing.pong,
        reconnectTimeout: timing.reconnect,
      },
      quiet(log),
    )
    this.#client = client
    const isCurrent = () => this.#client === client
    client.on('message', (event) => {
      if (isCurrent()) onEvent(bodyOf(fieldsOf(event)))
    })
    client.on('reconnecting', () => {
      if (isCurrent()) onLost()
    })
    client.on('reconnected', () => {
      if (isCurrent()) onBack()
    })
    client.on('exception', (error) =>
      log('warn', `user stream of ${destination.rest}: ${textIn(fieldsOf(error), 'message') || 'cut or refused'}`),
    )
    const opened = await market.listen(client).catch(() => undefined)
    if (opened !== undefined && !this.#isClosed && isCurrent()) return true
    if (isCurrent()) this.#dispose()
    else end(client)
    return false
  }

  async #keepAlive(): Promise<void> {
    const { gate, market } = this.#options
    const outcome = await gate.send('PUT', market.paths.listenKey, this.#named(), { isSigned: false })
    if (outcome.kind === 'refused' && !this.#isClosed)
      await this.remake(`its key cannot be kept alive: ${outcome.text}`)
  }

  /** USDS-M knows an account's key by itself; on spot it is named. */
  #named(): { listenKey?: string } {
    const [listenKey] = this.#client === null || this.#options.market.hasMargin ? [] : listenKeysOf(this.#client)
    return listenKey === undefined ? {} : { listenKey }
  }

  #dispose(): void {
    const client = this.#client
    this.#client = null
    if (client !== null) end(client)
  }
}

/** Ends connections, and the timers that the package keeps for each listen key. */
function end(client: WebsocketClient): void {
  const innards = client as unknown as Innards
  innards.respawnUserDataStream = async () => undefined
  for (const timer of Object.values(innards.respawnTimeoutCache)) clearTimeout(timer)
  const listenKeys = listenKeysOf(client)
  client.closeAll(true)
  for (const listenKey of listenKeys) innards.getUserDataStreamManager().teardownUserDataListenKey(listenKey, undefined)
}

/** The package keeps each stream under a name such as `usdm_userData__<listen key>_usdmPrivate`. */
function listenKeysOf(client: WebsocketClient): string[] {
  const names = client.getWsStore().getKeys() as string[]
  return names.flatMap((name) => name.split('__')[1]?.replace(/_[^_]*$/, '') ?? [])
}

/** Some paths wrap what they send: `{ stream, data }`. */
function bodyOf(event: Fields): Fields {
  return 'data' in event && 'stream' in event ? fieldsOf(event['data']) : event
}

/** The package logs objects that hold listen keys: only its words are passed on. */
function quiet(log: UserStreamOptions['log']): typeof DefaultLogger {
  const say = (level: 'debug' | 'warn') => (words: unknown) => {
    if (typeof words === 'string')
      log(level, `binance: ${words.replace(/listenKey\([^)]*\)|userData_+\S+/g, 'user data')}`)
  }
  return { trace: () => undefined, info: say('debug'), error: say('warn') }
}
