import { isLoopback } from '../../../data/serve/gatekeeper.ts'
import { pause, type StreamClock } from '../../../data/stream/stream-clock.ts'
import { UsageError } from '../../usage-error.ts'
import type { Alarm } from '../alarm.ts'

/** An attempt may take so long, ms. */
const PATIENCE = 5_000
/** Before the second attempt, and so on, ms; after the last it is given up. */
const PAUSES = [1_000, 4_000, 15_000, 60_000] as const
/** Alarms that wait at most; the oldest goes when there are more. */
const ROOM = 100
/** What a receiver asks for with Retry-After is heeded up to here, ms. */
const LONGEST_PAUSE = 120_000

export interface WebhookOptions {
  readonly url: URL
  /** Beside the alarm, in every message: which session it is. */
  readonly about: Readonly<Record<string, string>>
  /** Hears of each alarm that did not get there. No secrets of the address are in it. */
  readonly onFault: (text: string) => void
  /** By which pauses are waited for. */
  readonly clock: StreamClock
  /** Of one attempt, ms. */
  readonly patience?: number
}

/**
 * The address of a webhook.
 * @throws UsageError for one that is not https, nor on this machine: what is posted there would be read on the way; and for a user that
 * cannot be decoded
 */
export function parseWebhook(text: string): URL {
  const url = URL.parse(text)
  const isHere = url !== null && isLoopback(url.hostname)
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && isHere)))
    throw new UsageError(
      '--webhook: write an https address, or an http one of this machine (http://127.0.0.1:8000/alarms)',
    )
  if (userOf(url) === null) throw new UsageError('--webhook: a % in its user or password is written %25')
  return url
}

/** `user:password`; `null` where they cannot be decoded. */
function userOf({ username, password }: URL): string | null {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  } catch {
    return null
  }
}

/** What of an address may be said: what follows the host is what others must not know. */
export function shownAddress({ protocol, host }: URL): string {
  return `${protocol}//${host}/***`
}

/** What of an address is secret, wherever it is said back: its user, its password, its path and its query. */
export function webhookSecrets(url: URL): readonly string[] {
  const decoded = (text: string) => {
    try {
      return decodeURIComponent(text)
    } catch {
      return text
    }
  }
  const parts = [
    url.username,
    url.password,
    ...url.pathname.split('/'),
    ...url.searchParams.values(),
    url.search.slice(1),
  ]
  // shorter ones are words that may stand anywhere
  return [...new Set(parts.flatMap((part) => [part, decoded(part)]))].filter((part) => part.length >= 8)
}

/** Posts alarms as JSON, one after the other, in its own time: whoever hands one over never waits. */
export class Webhook {
  readonly #options: WebhookOptions
  readonly #waiting: Alarm[] = []
  readonly #end = new AbortController()
  #work: Promise<void> | null = null

  constructor(options: WebhookOptions) {
    this.#options = options
  }

  post(alarm: Alarm): void {
    if (this.#end.signal.aborted) return
    this.#waiting.push(alarm)
    // the first is underway
    if (this.#waiting.length > ROOM) this.#lost(this.#waiting.splice(1, 1)[0]!, `more than ${ROOM} wait`)
    this.#work ??= this.#deliver()
      // whatever it is, alarms end no session
      .catch((error: unknown) => this.#lost(alarm, faultOf(error, PATIENCE)))
      .finally(() => {
        this.#work = null
      })
  }

  /** What still waits has so many ms to get there. */
  async close(patience = PATIENCE): Promise<void> {
    const timer = setTimeout(() => this.#end.abort(), patience)
    await this.#work
    clearTimeout(timer)
    this.#end.abort()
  }

  async #deliver(): Promise<void> {
    for (;;) {
      const alarm = this.#waiting[0]
      if (alarm === undefined) return
      const fault = await this.#send(alarm)
      this.#waiting.shift()
      if (fault !== null) this.#lost(alarm, fault)
    }
  }

  /** @returns why it did not get there; `null` where it did */
  async #send(alarm: Alarm): Promise<string | null> {
    const { clock } = this.#options
    let before = ''
    for (let attempt = 0; ; attempt++) {
      if (this.#end.signal.aborted) return `${before}the session ended first`
      const answer = await this.#attempt(alarm)
      if (answer === null) return null
      const wait = PAUSES[attempt]
      if (wait === undefined || !answer.isPassing) return answer.fault
      before = `${answer.fault}; `
      await pause(clock, Math.max(wait, Math.min(LONGEST_PAUSE, answer.after)), this.#end.signal)
    }
  }

  async #attempt(
    alarm: Alarm,
  ): Promise<{ readonly fault: string; readonly isPassing: boolean; readonly after: number } | null> {
    const { url, about, patience = PATIENCE } = this.#options
    const bare = new URL(url)
    bare.username = ''
    bare.password = ''
    const user = userOf(url)
    if (user === null) return { fault: 'its user cannot be decoded', isPassing: false, after: 0 }
    try {
      const response = await fetch(bare, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(user !== ':' && { authorization: `Basic ${Buffer.from(user).toString('base64')}` }),
        },
        body: JSON.stringify({ ...about, ...alarm, time: new Date(alarm.at).toISOString() }),
        // what is secret goes to nobody else
        redirect: 'error',
        signal: AbortSignal.any([AbortSignal.timeout(patience), this.#end.signal]),
      })
      await response.body?.cancel()
      if (response.ok) return null
      const { status, headers } = response
      const after = Number(headers.get('retry-after') ?? 0) * 1000
      return {
        fault: `HTTP ${status}`,
        isPassing: status >= 500 || status === 429 || status === 408,
        after: after || 0,
      }
    } catch (error) {
      return { fault: faultOf(error, patience), isPassing: true, after: 0 }
    }
  }

  #lost({ kind }: Alarm, why: string): void {
    this.#options.onFault(`the alarm ${kind} did not reach the webhook at ${shownAddress(this.#options.url)}: ${why}`)
  }
}

/** Of an error of fetch its code, since its message may quote the address. */
function faultOf(error: unknown, patience: number): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string; message?: string } }
  if (name === 'TimeoutError') return `no answer within ${patience} ms`
  if (name === 'AbortError') return 'the session ended first'
  return cause?.code ?? (/redirect/.test(cause?.message ?? '') ? 'it leads elsewhere' : 'it cannot be reached')
}
