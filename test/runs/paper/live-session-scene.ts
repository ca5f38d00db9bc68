import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import { seriesName } from '../../../src/core/series.ts'
import type { StreamClock } from '../../../src/data/stream/stream-clock.ts'
import { liveFeed } from '../../../src/runs/paper/live-feed.ts'
import { LocalBroker } from '../../../src/runs/paper/local-broker.ts'
import type { PaperBroker } from '../../../src/runs/paper/paper-broker.ts'
import type { SafetyRules } from '../../../src/runs/paper/safety.ts'
import { PaperSession } from '../../../src/runs/paper/session.ts'
import type { ReplayThere } from '../../../src/runs/paper/wait-watch.ts'
import { settle } from '../../../src/runs/settings.ts'
import { ROOT, scratch } from '../../cli/klinelab.ts'
import { command } from '../../data/command.ts'
import { BTC, MINUTE, PlayedVenue, T0 } from '../../data/stream/played-venue.ts'
import { Truth } from '../../servers/truth.ts'

export const STRATEGY = join(ROOT, 'strategies', 'sma-cross.ts')
export const NAME = seriesName(BTC)
export const SET = { fast: 3, slow: 8, qty: 0.01 }
export const at = (minutes: number) => T0 + minutes * MINUTE
export const SAFETY: SafetyRules = {
  ...{ maxLoss: null, maxRejected: null, stale: null, maxClockOffset: null },
  on: { 'loss-limit': 'halt', 'rejected-burst': 'halt', 'stale-data': 'halt', 'clock-offset': 'none' },
}

/** A store with the minutes before T0, `minutes` of them, and those after it up to `to`. */
export async function stored(minutes: number, to = 0): Promise<string> {
  const rows = new Truth()
    .texts(BTC, at(-minutes), at(to))
    .map(({ openTime, open, high, low, close, volume }) => [openTime, open, high, low, close, volume].join(','))
  const folder = scratch({ 'bars.csv': `open_time,open,high,low,close,volume\n${rows.join('\n')}\n` })
  const store = join(folder, 'store')
  const { code, stderr } = await command(['data', 'import', join(folder, 'bars.csv'), '--as', NAME], store)
  expect([code, stderr]).toEqual([0, ''])
  return store
}

export const settingsIn = (store: string, out: string) => settle({ store, out }, { config: {}, file: null }, {}, ROOT)

export interface Opening {
  readonly now?: number
  readonly next?: number
  readonly safety?: SafetyRules
  readonly broker?: PaperBroker
  /** What the place of its orders is called. */
  readonly name?: string
  /** Of this machine, where that is not the venue's. */
  readonly real?: PlayedVenue['clock']
  readonly replay?: ReplayThere
  /** Whether the time of its bars is none of this machine's. */
  readonly isOwn?: boolean
}

const ownTime = (clock: PlayedVenue['clock']): StreamClock => ({
  ...{ now: () => clock.now(), here: () => performance.now() },
  after: (ms, act) => clock.after(ms, act),
})

export async function opened(store: string, out: string, opening: Opening = {}) {
  const { now = 0, next = now, safety = SAFETY, broker = new LocalBroker(), name = 'local' } = opening
  const { isOwn = false } = opening
  const venue = new PlayedVenue({ isRead: false, pageRows: 50, options: { from: () => at(next) } })
  await venue.clock.moveTo(at(now))
  const asked: number[] = []
  const session = await PaperSession.open({
    asked: {
      ...{ strategy: STRATEGY, data: [NAME], set: SET, replay: null, safety },
      ...{ broker: name, fills: broker.fills },
    },
    settings: settingsIn(store, out),
    broker,
    accounts: join(out, 'accounts'),
    bringing: {
      shelf: null,
      now: () => venue.clock.now(),
      get: async (_, series, range) => {
        asked.push(range.from)
        const none = { added: 0, made: 0, revised: [], holes: [], stored: null, requests: 0, waited: 0 }
        const got = {
          ...none,
          ...range,
          archive: { files: 0, error: null },
          error: 'no network',
          isStopped: false,
          isImpatient: false,
        }
        return { series: series.map((one) => ({ ...got, series: seriesName(one) })), rules: [], isStopped: false }
      },
    },
    live: (_, [wanted], after) => {
      expect(wanted).toBe(at(next))
      return liveFeed(venue.stream, { series: [BTC], next: [wanted!], after, grace: 15_000, clock: venue.clock })
    },
    ...{
      clock: isOwn ? ownTime(venue.clock) : venue.clock,
      real: opening.real ?? venue.clock,
      ...(opening.replay !== undefined && { replay: opening.replay }),
      monotonic: () => (opening.real ?? venue.clock).now(),
      speed: 'max',
      onStop: 'keep',
    },
  })
  return { venue, session, asked }
}

/** The session works by the disk, which no clock of ours moves. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let k = 0; k < 2000 && !isSo(); k++) await wait(2)
  expect(isSo()).toBe(true)
}

export async function running(session: PaperSession, venue: PlayedVenue) {
  const stop = new AbortController()
  const ended = session.run(stop.signal)
  ended.catch(() => undefined)
  await until(() => session.snapshot().state !== 'warming')
  await venue.clock.moveTo(venue.clock.now())
  venue.feed.connected()
  return { stop, ended }
}
