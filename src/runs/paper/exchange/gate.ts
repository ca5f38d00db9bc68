import { createHmac } from 'node:crypto'
import type { MainClient, USDMClient } from 'binance'
import type { Destination } from './destination.ts'
import type { Keys } from './keys.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { pause } from './pause.ts'
import type { Timing } from './timing.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
type Params = Readonly<Record<string, string | number>>

interface How {
  /** Whether it takes risk away, and so may leave while all else is silent. */
  readonly isExit?: boolean
  /** Whether it asks what became of an order: one in a while may leave then. */
  readonly isQuestion?: boolean
  readonly isSigned?: boolean
  /** Longest silence that it is worth waiting for, ms. */
  readonly patience?: number
  /** Asked whenever it is about to leave, however long it has waited: where it is not wanted any more, it is not sent. */
  readonly isWanted?: () => boolean
  /** Called whenever it leaves, just before its timestamp is taken. */
  readonly onLeave?: () => void
}

export interface GateOptions {
  /** Of the market that is asked. */
  readonly market: {
    readonly paths: { readonly time: string }
    client(...options: ConstructorParameters<typeof USDMClient>): USDMClient | MainClient
  }
  readonly destination: Destination
  readonly keys: Keys
  readonly timing: Timing
  readonly now: () => number
  readonly signal: AbortSignal
  /** Ends the waiting for silence; what need not wait is sent as ever. */
  readonly over: AbortSignal
  /** Whether the exchange is still the one that it was, asked after it was away (`BrokerHost`). */
  readonly isSame?: (() => Promise<boolean | null>) | undefined
  readonly another?: Promise<void> | undefined
  /** Told of what is sent a second time, and why. */
  readonly onAgain?: (what: string, why: string) => void
  /** Told when the exchange asks for silence. */
  readonly onPause: (ms: number, why: string, isBan: boolean) => void
}

/** How often a request that was refused for its clock is sent again, with the clock set anew. */
const CLOCK_TRIES = 3
const READ_TRIES = 3
/** Key of no form, key that is none (or not from this address), signature of another secret. */
const WRONG_KEYS = [-2014, -2015, -1022]

/**
 * The one way out: every request to the exchange goes through the `binance` package here. What is refused for our clock is sent again
 * once that is right; after 429 nothing but exits and few questions leaves until the time that the exchange names, and after 418 nothing:
 * whoever goes on then is banned for longer, up to days.
 */
export class Gate {
  readonly #client: USDMClient | MainClient
  readonly #options: GateOptions
  readonly #ends: AbortSignal
  #silentUntil = 0
  #bannedUntil = 0
  /** No question leaves before, while all else is silent. */
  #nextQuestion = 0
  #syncing: Promise<boolean> | null = null
  /** How often the exchange was away, and of that, after how many it was seen to be the same. */
  #doubts = 0
  #settled = 0
  #isAnother = false
  #asking: Promise<void> | null = null

  constructor(options: GateOptions) {
    this.#options = options
    void options.another?.then(() => {
      this.#isAnother = true
    })
    this.#ends = AbortSignal.any([options.signal, options.over])
    const { market, destination, keys, timing } = options
    this.#client = market.client(restOptions(destination, keys, timing), requestOptions(destination, timing))
  }

  /** The exchange's clock, UTC ms. */
  now(): number {
    return this.#options.now() + this.#client.getTimeOffset()
  }

  /** Ahead of ours where above 0, ms. */
  get clockOffset(): number {
    return this.#client.getTimeOffset()
  }

  /** It has begun anew: nothing is sent any more. */
  get isAnother(): boolean {
    return this.#isAnother
  }

  /** A connection was lost: before anything leaves it is asked whether who answers is who answered before. */
  doubt(): void {
    this.#doubts++
  }

  async send(method: Method, path: string, params: Params = {}, how: How = {}): Promise<Outcome> {
    const { isSigned = true, patience = Number.POSITIVE_INFINITY } = how
    for (let tries = 1; ; tries++) {
      const left = this.#opensAt(how) - this.#options.now()
      if (left > patience) return notSent(`the exchange has asked for silence for ${Math.ceil(left / 1000)} s more`)
      if (!(await this.#awaitSilence(how))) return notSent('the session was stopped before this was sent')
      if (!(await this.#isThere())) return notSent('it is not known whether the exchange has begun anew')
      if (how.isWanted?.() === false) return notSent('it is not wanted any more')
      how.onLeave?.()
      const outcome = await this.#call(method, path, params, isSigned)
      if (outcome.kind !== 'failed') return outcome
      if (outcome.cause === 'limit' || outcome.cause === 'ban')
        this.#beSilent(outcome.retryAfter ?? this.#options.timing.pause, outcome.text, outcome.cause === 'ban')
      if (outcome.cause !== 'clock' || tries >= CLOCK_TRIES) return outcome
      this.#options.onAgain?.(`${method} ${path}`, outcome.text)
      if (!(await this.setClock(how))) return outcome
    }
  }

  /** Asks for something, and again where no answer comes: nothing is changed by that. */
  async read(path: string, params: Params = {}, how: How = {}): Promise<Outcome> {
    const { timing, signal } = this.#options
    for (let tries = 1; ; tries++) {
      const outcome = await this.send('GET', path, params, how)
      if (outcome.kind === 'done' || outcome.kind === 'refused' || tries >= READ_TRIES) return outcome
      this.#options.onAgain?.(`GET ${path}`, outcome.text)
      if (!(await pause(timing.backoff * 2 ** tries, signal))) return outcome
    }
  }

  /** Asks for the exchange's time; several who ask at once share one question. Says whether it was answered. */
  setClock(how: How = {}): Promise<boolean> {
    this.#syncing ??= this.#askTime(how).finally(() => {
      this.#syncing = null
    })
    return this.#syncing
  }

  async #askTime({ isExit = false, isQuestion = false }: How): Promise<boolean> {
    const { now, market } = this.#options
    let before = now()
    const outcome = await this.send(
      'GET',
      market.paths.time,
      {},
      {
        ...{ isExit, isQuestion, isSigned: false },
        onLeave: () => {
          before = now()
        },
      },
    )
    if (outcome.kind !== 'done') return false
    const after = now()
    const time = Number((outcome.reply as { serverTime?: unknown }).serverTime)
    if (!Number.isFinite(time)) return false
    // a timestamp ahead of the exchange is refused sooner than one behind: half of the way there is its age
    this.#client.setTimeOffset(Math.floor(time - (before + after) / 2))
    return true
  }

  async #isThere(): Promise<boolean> {
    const { isSame } = this.#options
    if (isSame === undefined) return true
    while (!this.#isAnother && this.#settled < this.#doubts) {
      this.#asking ??= this.#ask(isSame).finally(() => {
        this.#asking = null
      })
      const before = this.#settled
      await this.#asking
      if (this.#settled === before) return false
    }
    return !this.#isAnother
  }

  async #ask(isSame: () => Promise<boolean | null>): Promise<void> {
    const of = this.#doubts
    const is = await isSame()
    if (is === false) this.#isAnother = true
    if (is === true) this.#settled = of
  }

  async #call(method: Method, path: string, params: Params, isSigned: boolean): Promise<Outcome> {
    this.#options.destination.check(`${this.#options.destination.rest}/${path}`)
    try {
      return { kind: 'done', reply: await this.#client._call(method, path, { ...params }, isSigned) }
    } catch (error) {
      if ((error as { response?: unknown }).response === undefined) this.doubt()
      return this.#withKeys(outcomeOf(error))
    }
  }

  /** The exchange says that it does not know a key, and not where that is from. */
  #withKeys(outcome: Outcome): Outcome {
    const { from } = this.#options.keys
    if (outcome.kind !== 'refused' || !WRONG_KEYS.includes(outcome.code) || from === undefined) return outcome
    return { ...outcome, text: `${outcome.text} The keys: ${from}` }
  }

  #beSilent(ms: number, why: string, isBan: boolean): void {
    const { now, timing, onPause } = this.#options
    const until = now() + ms
    this.#silentUntil = Math.max(this.#silentUntil, until)
    if (isBan) this.#bannedUntil = Math.max(this.#bannedUntil, until)
    this.#nextQuestion = now() + timing.maxBackoff
    onPause(ms, why, isBan)
  }

  /** When it may leave. */
  #opensAt({ isExit = false, isQuestion = false }: How): number {
    if (isExit) return this.#bannedUntil
    return isQuestion ? Math.max(this.#bannedUntil, Math.min(this.#silentUntil, this.#nextQuestion)) : this.#silentUntil
  }

  async #awaitSilence(how: How): Promise<boolean> {
    const { now, signal, timing } = this.#options
    for (;;) {
      const left = this.#opensAt(how) - now()
      if (left > 0 ? this.#ends.aborted : signal.aborted && !how.isExit) return false
      if (left > 0) await pause(left, this.#ends)
      else {
        if (how.isQuestion) this.#nextQuestion = now() + timing.maxBackoff
        return true
      }
    }
  }
}

function notSent(text: string): Outcome {
  return { kind: 'failed', cause: 'away', text, retryAfter: null }
}

/** What the package's clients are made with, those of streams too. */
export function restOptions(destination: Destination, keys: Keys, timing: Timing) {
  return {
    api_key: keys.key,
    api_secret: keys.secret,
    recvWindow: timing.recvWindow,
    // its own clock sync cannot be waited for, and says 0 where it fails
    disableTimeSync: true,
    // its own exception leaves out the HTTP status
    parseExceptions: false,
    ...(destination.kind === 'demo' ? { demoTrading: true } : { baseUrl: destination.rest }),
    customSignMessageFn: async (message: string, secret: string) =>
      createHmac('sha256', secret).update(message).digest('hex'),
  }
}

export function requestOptions(destination: Destination, timing: Timing) {
  return {
    timeout: timing.timeout,
    // no detour: neither where an answer sends us, nor what the environment names as a proxy
    maxRedirects: 0,
    proxy: false as const,
    httpAgent: destination.agents.http,
    httpsAgent: destination.agents.https,
  }
}
