import { type StreamClock, SYSTEM_CLOCK } from '../../data/stream/stream-clock.ts'
import { LocalBroker } from './local-broker.ts'
import type { PaperBroker } from './paper-broker.ts'
import { venueTime } from './venue-time.ts'
import type { ReplayThere } from './wait-watch.ts'

type Env = Readonly<Record<string, string | undefined>>

/** A place where orders go, with the time that it is there. */
export interface OpenedBroker {
  readonly broker: PaperBroker
  /** What it is called; part of what a session is. */
  readonly name: string
  readonly clock: StreamClock
  /** Whether time goes there as it does here: else nothing is judged by how long it takes. */
  readonly isRealTime: boolean
  /** Of a simulated exchange: how its replay stands. */
  readonly replay?: ReplayThere
  /** The environment with the venue's addresses as this place wants them: the bars of a simulated exchange are its own. */
  readonly env: Env
  /** Lets go of what was opened for it. */
  close(): void
}

/**
 * The place that `--broker` names: `local`, `exchange URL` or `demo [FILE]`.
 * @param market on which the session trades, where its orders leave
 * @throws UsageError for one that there is not, Error where a simulated exchange does not answer
 */
export async function openBroker(
  words: readonly string[],
  env: Env,
  market: 'usdm' | 'spot' = 'usdm',
): Promise<OpenedBroker> {
  const [kind = 'local', ...rest] = words
  const own = { clock: SYSTEM_CLOCK, isRealTime: true, env, close: () => undefined }
  if (kind === 'local' && rest.length === 0) return { ...own, broker: new LocalBroker(), name: 'local' }
  const { namedBroker } = await import('./exchange/named-broker.ts')
  const broker = namedBroker(words, env, market)
  if (kind !== 'exchange') return { ...own, broker, name: kind }
  const { origin, protocol, host } = new URL(rest[0]!)
  const stream = `${protocol === 'http:' ? 'ws' : 'wss'}://${host}`
  const clock = await venueTime(origin, market)
  return {
    broker,
    name: `exchange ${origin}`,
    clock,
    replay: clock.replay,
    isRealTime: false,
    env:
      market === 'spot'
        ? { ...env, KLINELAB_URL_BINANCE: origin, KLINELAB_WS_BINANCE: stream }
        : { ...env, KLINELAB_URL_BINANCE_USDM: origin, KLINELAB_WS_BINANCE_USDM: stream },
    close: () => clock.close(),
  }
}
