import type { RunEvent } from '../../core/event.ts'
import { parseSeries } from '../../core/series.ts'
import { getSeries } from '../../data/collect/get.ts'
import { SYSTEM_CLOCK } from '../../data/stream/stream-clock.ts'
import { originsFor, pausesFile } from '../../runs/connect-settings.ts'
import { liveFeed } from '../../runs/paper/live-feed.ts'
import { openBroker } from '../../runs/paper/open-broker.ts'
import type { Bringing } from '../../runs/paper/prepare-live.ts'
import { PaperSession, type SessionEvent, type SessionOptions } from '../../runs/paper/session.ts'
import { UsageError } from '../../runs/usage-error.ts'
import { keyOf, waitText } from '../asking-venues.ts'
import type { Command } from '../command.ts'
import { settingsOf } from '../flags.ts'
import { interruptible } from '../interrupt.ts'
import type { Io } from '../io.ts'
import { streamOf } from '../live-stream.ts'
import { PAPER, type PaperFlags, safetyOf } from '../paper-flags.ts'
import { alarmText, eventLine, paperText } from '../paper-text.ts'
import { shown } from '../run-text.ts'
import { configOutcome } from '../show-config.ts'
import { TrainingProgress } from '../training-progress.ts'

/** Before the first bar the venues may be asked for so long, ms. */
const PATIENCE = 10 * 60_000
const GRACE = 15_000

export default {
  words: '<strategy>',
  flags: PAPER,
  example:
    'klinelab paper strategies/sma-cross.ts --data binance:BTCUSDT:1h --replay --from 2024-01-01 --to 2024-07-01 --set fast=24 --set slow=168',
  async run(args, io) {
    const settings = await settingsOf(args, io)
    const flags = args.flags as unknown as PaperFlags
    if (flags.showConfig) return configOutcome(settings, io)
    const { replay: isReplay = false, from, to, speed, set, data = [], name } = flags
    if (!isReplay && (from ?? to ?? speed) !== undefined)
      throw new UsageError('--from, --to and --speed are of a replay: add --replay, or leave them out')
    const { broker, name: where } = await openBroker(flags.broker ?? [])
    const training = new TrainingProgress(io)
    const session = await PaperSession.open({
      asked: {
        ...{ strategy: args.words[0]!, data, safety: safetyOf(flags), broker: where, fills: broker.fills },
        ...(set !== undefined && { set: Object.fromEntries(set) }),
        replay: isReplay ? { ...(from !== undefined && { from }), ...(to !== undefined && { to }) } : null,
      },
      ...{ settings, broker, ...(name !== undefined && { name }) },
      bringing: bringing(io),
      training: { onTraining: training.onTraining, onTrained: training.end, onNotice: io.warn },
      live: liveOf(io, flags.grace ?? GRACE),
      clock: SYSTEM_CLOCK,
      monotonic: () => performance.now(),
      speed: speed ?? 'max',
      onStop: flags.onStop ?? 'keep',
    }).finally(() => training.end())
    watch(session, io, isReplay && (speed ?? 'max') === 'max')
    // what stops containers and services
    const term = new AbortController()
    const onTerm = () => term.abort()
    process.once('SIGTERM', onTerm)
    try {
      const [snapshot, isInterrupted] = await interruptible(async (interrupt) => {
        const snapshot = await session.run(AbortSignal.any([interrupt, term.signal]))
        return [snapshot, interrupt.aborted] as const
      })
      return {
        json: { ...snapshot, dir: session.dir },
        text: `${paperText(snapshot)}\n\n  ${shown(session.dir, io.cwd)}`,
        ...(isInterrupted && { code: 130 }),
      }
    } finally {
      process.off('SIGTERM', onTerm)
    }
  },
} satisfies Command

/** A line an alarm, and of bars that come in their own time a line a fill; a bar of progress on a terminal. */
function watch(session: PaperSession, io: Io, isFast: boolean): void {
  const line = (text: string) => {
    io.clear()
    process.stderr.write(`${text}\n`)
  }
  const progress = io.progress('bars')
  const total = session.barsToCome
  session.on((event) => {
    if (event.type === 'alarm') io.warn(alarmText(event.alarm))
    else if (event.type === 'log') logged(event, io, line)
    else if (event.type === 'events' && !isFast) for (const one of event.events) lineOf(one, line)
    else if (event.type === 'instant' && total !== null) progress(session.state.counters.bars, total)
  })
}

function logged({ level, text }: Extract<SessionEvent, { type: 'log' }>, io: Io, line: (text: string) => void): void {
  if (level === 'warn' || level === 'error') io.warn(text)
  else if (level === 'info') line(text)
}

function lineOf(event: RunEvent, line: (text: string) => void): void {
  const text = eventLine(event)
  if (text !== null) line(text)
}

function bringing(io: Io): Bringing {
  return {
    now: () => Date.now(),
    get: (store, series, range) =>
      interruptible((signal) =>
        getSeries(store, series, range, {
          origins: originsFor(io.env, { rest: series.map(({ venue }) => venue) }),
          ...{ signal, patience: PATIENCE, key: keyOf(io), pauses: pausesFile(io.env) },
          onProgress: io.progress('bars'),
          onWait: (wait) => io.warn(waitText(wait)),
        }),
      ),
  }
}

function liveOf(io: Io, grace: number): SessionOptions['live'] {
  return ({ slots }, next, after) => {
    const series = slots.map((slot) => parseSeries(slot.series))
    const names = slots.map((slot) => slot.series)
    const from = (one: (typeof series)[number]) =>
      next[names.indexOf(`${one.venue}:${one.symbol}:${one.interval}`)] ?? null
    const stream = streamOf(series, from, io, io.warn)
    return liveFeed(stream, { series, next, after, grace, clock: SYSTEM_CLOCK })
  }
}
