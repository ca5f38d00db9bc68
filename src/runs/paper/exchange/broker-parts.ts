import type { BrokerHost } from '../paper-broker.ts'
import { Attempts } from './attempts.ts'
import { Context } from './context.ts'
import type { Destination } from './destination.ts'
import { EchoWatch } from './echo-watch.ts'
import { Fills } from './fills.ts'
import { Funding } from './funding.ts'
import { Gate } from './gate.ts'
import type { Keys } from './keys.ts'
import { KnownChanges } from './known-changes.ts'
import { Lines } from './lines.ts'
import type { Market } from './market.ts'
import { Questions } from './questions.ts'
import { Reconciliation } from './reconciliation.ts'
import { Settings } from './settings.ts'
import { StreamEvents } from './stream-events.ts'
import { Teller } from './teller.ts'
import type { Timing } from './timing.ts'
import { UserStream } from './user-stream.ts'

/** What a broker at an exchange is made of. */
export interface BrokerParts {
  readonly context: Context
  readonly fills: Fills
  readonly lines: Lines
  readonly settings: Settings
  readonly reconciliation: Reconciliation
  readonly events: StreamEvents
  readonly echoes: EchoWatch
  readonly stream: UserStream
}

interface Wiring {
  readonly host: BrokerHost
  readonly market: Market
  readonly destination: Destination
  readonly keys: Keys
  readonly timing: Timing
  /** Aborted when the broker is closed. */
  readonly signal: AbortSignal
  /** Aborted when the time is over that a session which is stopped has for its orders to come to rest. */
  readonly over: AbortSignal
  /** Something that nobody waits for has failed. */
  readonly onFailed: (error: unknown) => void
}

/** Puts them together; nothing is asked or sent yet. */
export function brokerParts(wiring: Wiring): BrokerParts {
  const { host, market, timing, signal, onFailed } = wiring
  const gate = gateOf(wiring, (...said) => context.alarm(...said))
  const context: Context = new Context({
    ...{ host, market, gate, timing, signal },
    attempts: new Attempts(),
    teller: new Teller(host),
    known: new KnownChanges(!market.hasMargin),
  })
  const fills = new Fills(context, (attempt) => lines.look(attempt.symbol, attempt.order))
  const settings = new Settings(context)
  // what a comparison that is underway has passed already may be what differs now
  const reconcileSoon = () => void reconciliation.anew().catch(onFailed)
  const lines: Lines = new Lines(context, new Questions(context), fills, {
    onPlaced: (attempt) => echoes.expect(attempt),
    onDoubt: reconcileSoon,
    takesLists: (symbol) => settings.takesLists(symbol),
    onFilter: () => void settings.checkRules().catch(onFailed),
  })
  const funding = new Funding(context)
  const reconciliation = new Reconciliation(context, fills, lines, settings, funding)
  const events = new StreamEvents(context, fills, lines, {
    onDoubt: reconcileSoon,
    onFunding: () => funding.take().catch(onFailed),
    onSettings: () => void settings.check().catch(onFailed),
  })
  const echoes: EchoWatch = new EchoWatch(context, {
    catchUp: (symbol) => fills.catchUp(symbol),
    look: (symbol, order) => lines.look(symbol, order),
    remake: (why) => stream.remake(why),
  })
  const stream: UserStream = streamOf(wiring, { context, fills, events, echoes, reconcileSoon })
  return { context, fills, lines, settings, reconciliation, events, echoes, stream }
}

function gateOf(
  { host, market, destination, keys, timing, signal, over }: Wiring,
  alarm: (...said: Parameters<Context['alarm']>) => void,
): Gate {
  return new Gate({
    ...{ market, destination, keys, timing, signal, over },
    now: () => host.now(),
    isSame: host.isSame?.bind(host),
    another: host.another,
    onAgain: (what, why) => host.log('warn', `${what}: ${why}; asked again`),
    onPause: (ms, why, isBan) => {
      const seconds = Math.ceil(ms / 1000)
      if (isBan)
        alarm('banned', 'critical', `the exchange has banned this address (${why}): nothing is sent for ${seconds} s, nor what closes a position`, { ms })
      else
        alarm('rate-limit', 'warning', `the exchange asks for silence (${why}): nothing but exits is sent for ${seconds} s`, { ms })
    }, // biome-ignore format: one line each
  })
}

function streamOf(
  { host, market, destination, keys, timing, signal }: Wiring,
  parts: Pick<BrokerParts, 'context' | 'fills' | 'events' | 'echoes'> & { readonly reconcileSoon: () => void },
): UserStream {
  const { context, fills, events, echoes, reconcileSoon } = parts
  return new UserStream({
    ...{ market, destination, keys, timing, gate: context.gate, signal },
    onEvent: (event) => {
      events.take(event)
      void events.idle().then(() => echoes.heard())
    },
    onLost: () => {
      context.gate.doubt()
      echoes.lost()
      context.alarm('stream-lost', 'warning', `${destination.rest}: the user stream is lost: it is being made again`)
    },
    onBack: () => {
      echoes.back()
      events.after(() => fills.catchUpAll())
      context.calm('stream-lost')
      host.reconnected()
      reconcileSoon()
    },
    // while it is lost, the alarm has said so: the package says it again with every try
    log: (level, text) => host.log(echoes.isLost ? 'debug' : level, text),
  })
}
