import { BEGUN_HEADER, REPLAY_HEADER, type ReplayState, readReplay } from '../../data/serve/replay-header.ts'
import { type StreamClock, SYSTEM_CLOCK } from '../../data/stream/stream-clock.ts'
import type { ReplayThere } from './wait-watch.ts'

/** The time of a simulated exchange, and how its replay stands. */
export interface VenueTime extends StreamClock {
  readonly replay: ReplayThere
  close(): void
}

/** Between two questions, ms. */
const EVERY = 1000
/** Waits of such a length and more do not become shorter than it, however fast time goes there, ms. */
const LEAST = 500
/** Its time never goes back by so much, ms. */
const BACK = 1000
/** A question is given up after this, ms. */
const PATIENCE = 5000
/** How long nobody is asked after a refusal that does not say it, ms. */
const SILENCE = 60_000

/**
 * What time it is in the market of a simulated exchange, which is that of the bars it plays: it may go faster there than here, or stand
 * still, so that it is asked and not reckoned. What is heard is never ahead of it.
 * @throws Error where nobody answers (yet)
 */
export async function venueTime(origin: string, market: 'usdm' | 'spot'): Promise<VenueTime> {
  const { symbol, ...first } = await asked(origin, market)
  let last: Sample = first
  let silentUntil = 0
  let sayAnother = () => {}
  const another = new Promise<void>((resolve) => {
    sayAnother = resolve
  })
  const ask = async () => {
    if (performance.now() < silentUntil) return
    // the address's weight is the session's too: of one symbol it costs a fortieth of what it costs of all
    try {
      const next = await asked(origin, market, symbol)
      // a slower answer may be older
      if (next.sent < last.sent) return
      if (isAnother(first, next.begun) || next.there < last.there - BACK) sayAnother()
      last = next
    } catch (error) {
      // it is the broker's to say that the exchange is gone; who goes on asking after a 429 is banned
      if (error instanceof Silence) silentUntil = performance.now() + error.ms
    }
  }
  const timer = setInterval(() => void ask(), EVERY)
  timer.unref()
  const rate = () => Math.max(1, (last.there - first.there) / Math.max(1, last.here - first.here))
  return {
    now: () => last.there,
    here: () => performance.now(),
    // nobody is asked more often for that
    after: (ms, act) => SYSTEM_CLOCK.after(Math.max(Math.min(ms, LEAST), ms / rate()), act),
    replay: {
      begun: first.begun,
      state: () => last.replay,
      ask: async () => {
        await ask()
        return last.replay
      },
      isSame: async () => {
        const begun = await askedWho(origin, market)
        if (isAnother(first, begun)) sayAnother()
        return begun === null && first.begun !== null ? null : !isAnother(first, begun)
      },
      another,
    },
    close: () => clearInterval(timer),
  }
}

interface Sample {
  /** By a clock of ours that nobody sets, ms. */
  readonly here: number
  readonly there: number
  /** When it was asked for, by the same clock. */
  readonly sent: number
  readonly replay: ReplayState | null
  /** Which exchange has answered; `null`: it does not say it. */
  readonly begun: string | null
}

const isAnother = (first: Pick<Sample, 'begun'>, begun: string | null) =>
  first.begun !== null && begun !== null && begun !== first.begun

/** The server's own clock is that of this machine; what is said of prices bears the market's time. */
const PRICES = {
  usdm: { path: '/fapi/v1/ticker/bookTicker', ping: '/fapi/v1/ping', time: 'time', name: 'perpetuals' },
  spot: { path: '/api/v3/ticker/24hr', ping: '/api/v3/ping', time: 'closeTime', name: 'spot' },
} as const

/** The exchange has asked for it, with a 429 or a 418. */
class Silence extends Error {
  readonly ms: number

  constructor(origin: string, ms: number) {
    super(`--broker exchange ${origin}: it has asked this address for silence; try again in ${Math.ceil(ms / 1000)} s`)
    this.ms = ms
  }
}

/** @param symbol of which to ask; without one of all, and the answer names one */
async function asked(origin: string, market: 'usdm' | 'spot', symbol?: string): Promise<Sample & { symbol: string }> {
  const { path, time, name } = PRICES[market]
  const url = `${origin}${path}${symbol === undefined ? '' : `?symbol=${symbol}`}`
  const sent = performance.now()
  const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) }).catch((error) => {
    const said = (error as { cause?: Error }).cause?.message ?? (error as Error).message
    // clients refuse the ports of other protocols before they ask
    const cause = said === 'bad port' ? 'no client asks this port' : said
    throw new Error(`--broker exchange ${origin}: nobody answers (${cause}); is it running?`)
  })
  if (answer.status === 429 || answer.status === 418) {
    const seconds = Number(answer.headers.get('retry-after'))
    throw new Silence(origin, seconds > 0 ? seconds * 1000 : SILENCE)
  }
  const said: unknown = await answer.json().catch(() => null)
  const prices: unknown[] = Array.isArray(said) ? said : [said]
  const there = Math.max(...prices.map((price) => Number((price as Price | null)?.[time])))
  if (!Number.isFinite(there))
    throw new Error(
      `--broker exchange ${origin}: what answers (${answer.status}) is no exchange of ${name}; is it klinelab exchange?`,
    )
  const replay = readReplay(answer.headers.get(REPLAY_HEADER))
  const begun = answer.headers.get(BEGUN_HEADER)
  return { here: performance.now(), there, sent, replay, begun, symbol: String((prices[0] as Price)['symbol']) }
}

/** Which exchange answers, whatever it answers; `null` where nobody does, or who does not say it. */
async function askedWho(origin: string, market: 'usdm' | 'spot'): Promise<string | null> {
  try {
    const answer = await fetch(`${origin}${PRICES[market].ping}`, { signal: AbortSignal.timeout(PATIENCE) })
    await answer.body?.cancel()
    return answer.headers.get(BEGUN_HEADER)
  } catch {
    return null
  }
}

type Price = Readonly<Record<string, unknown>>
