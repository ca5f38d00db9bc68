import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseSeries } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import { getSeries } from '../../data/collect/get.ts'
import { type StreamClock, SYSTEM_CLOCK } from '../../data/stream/stream-clock.ts'
import { accountsFolder, originsFor, pausesFile } from '../../runs/connect-settings.ts'
import { findRun } from '../../runs/load-run.ts'
import { FundingRates } from '../../runs/paper/funding-rates.ts'
import { liveFeed } from '../../runs/paper/live-feed.ts'
import { openBroker } from '../../runs/paper/open-broker.ts'
import type { Bringing } from '../../runs/paper/prepare-live.ts'
import { PaperSession } from '../../runs/paper/session.ts'
import { outToSay } from '../../runs/paper/session-folder.ts'
import type { SessionOptions } from '../../runs/paper/session-options.ts'
import { admit } from '../../runs/promote/admit.ts'
import { requireModels } from '../../runs/promote/promotion.ts'
import { UsageError, usage } from '../../runs/usage-error.ts'
import { keyOf, waitText } from '../asking-venues.ts'
import type { Command } from '../command.ts'
import { settingsOf } from '../flags.ts'
import { interruptible } from '../interrupt.ts'
import type { Io } from '../io.ts'
import { ratesOf, streamOf } from '../live-stream.ts'
import { PAPER, type PaperFlags, safetyOf } from '../paper-flags.ts'
import { paperText } from '../paper-text.ts'
import { lastLook, WATCH, type WatchFlags, watchingOf, watchSession } from '../paper-watch.ts'
import { shown } from '../run-text.ts'
import { configOutcome } from '../show-config.ts'
import { TrainingProgress } from '../training-progress.ts'

/** Before the first bar the venues may be asked for so long, ms. */
const PATIENCE = 10 * 60_000
const GRACE = 15_000

export default {
  words: '<strategy>',
  flags: { ...PAPER, ...WATCH },
  example:
    'klinelab paper strategies/sma-cross.ts --data binance:BTCUSDT:1h --replay --from 2024-01-01 --to 2024-07-01 --set fast=24 --set slow=168',
  async run(args, io) {
    const settings = await settingsOf(args, io)
    const flags = args.flags as unknown as PaperFlags & WatchFlags
    if (flags.showConfig) return configOutcome(settings, io)
    const { replay: isReplay = false, from, to, speed, set, data = [], name } = flags
    checkBars(flags)
    if (!isReplay && (from ?? to ?? speed) !== undefined)
      throw new UsageError('--from, --to and --speed are of a replay: add --replay, or leave them out')
    const market = marketOf(flags.broker, data)
    const watching = watchingOf(flags, io)
    const expect = flags.expect === undefined ? undefined : findRun(flags.expect, settings.out, io.cwd, 'backtest')
    const asked = { strategy: args.words[0]!, data, ...(set !== undefined && { set: Object.fromEntries(set) }) }
    // before any key is looked at
    const promotion = flags.broker?.[0] === 'demo' ? await admit(asked, settings, io.warn) : null
    const place = await openBroker(flags.broker ?? [], io.env, market)
    const { broker, clock } = place
    const there = { ...io, env: place.env }
    const shelf = place.isRealTime ? null : mkdtempSync(join(tmpdir(), 'klinelab-bars-'))
    const training = new TrainingProgress(io)
    const session = await PaperSession.open({
      asked: {
        ...asked,
        ...{ safety: safetyOf(flags, place.isRealTime), broker: place.name, fills: broker.fills },
        replay: isReplay ? { ...(from !== undefined && { from }), ...(to !== undefined && { to }) } : null,
      },
      ...{ settings, broker, accounts: accountsFolder(io.env), ...(name !== undefined && { name }) },
      bringing: bringing(there, clock, shelf),
      training: { onTraining: training.onTraining, onTrained: training.end, onNotice: io.warn },
      live: liveOf(there, clock, flags.grace ?? GRACE),
      clock,
      ...(place.replay !== undefined && { replay: place.replay }),
      real: SYSTEM_CLOCK,
      monotonic: () => performance.now(),
      speed: speed ?? 'max',
      onStop: flags.onStop ?? 'keep',
      ...(expect !== undefined && { expect }),
      redact: watching.redact,
    }).finally(() => {
      training.end()
      // the session has a copy of what it begins with
      if (shelf !== null) rmSync(shelf, { recursive: true, force: true })
    })
    if (promotion !== null)
      try {
        requireModels(promotion, session.file.models)
      } catch (error) {
        session.abandon()
        place.close()
        throw error
      }
    const isFast = isReplay && (speed ?? 'max') === 'max'
    const watch = await watchSession(session, watching, io, {
      out: settings.out,
      now: () => clock.now(),
      isFast,
    }).catch((error) => {
      session.abandon()
      throw error
    })
    count(session, io)
    // what stops containers and services
    const term = new AbortController()
    const onTerm = () => term.abort()
    process.once('SIGTERM', onTerm)
    try {
      const [snapshot, isInterrupted] = await interruptible(async (interrupt) => {
        const stop = AbortSignal.any([interrupt, term.signal])
        const snapshot = await session.run(stop)
        const isInterrupted = interrupt.aborted
        if (snapshot.state === 'ended') await lastLook(watch, watching, stop)
        return [snapshot, isInterrupted] as const
      })
      return {
        json: { ...snapshot, dir: session.dir },
        text: `${paperText(snapshot, outToSay(settings))}\n\n  ${shown(session.dir, io.cwd)}`,
        ...(isInterrupted && { code: 130 }),
      }
    } finally {
      process.off('SIGTERM', onTerm)
      await watch.close()
      place.close()
    }
  },
} satisfies Command

/** Orders that fill elsewhere fill at the prices of elsewhere: bars of another time would decide on what is not there. */
function checkBars({ broker: [kind = 'local', place] = [], replay, from, to, speed, data = [] }: PaperFlags): void {
  if (kind !== 'exchange' && kind !== 'demo') return
  const given = Object.entries({ replay, from, to, speed }).flatMap(([name, value]) =>
    value === undefined || value === false ? [] : [`--${name}`],
  )
  if (given.length === 0) return
  const range = Object.entries({ from, to })
    .map(([name, at]) => (at === undefined ? '' : ` --${name} ${timeName(at)}`))
    .join('')
  const where = kind === 'demo' ? 'Demo Trading' : 'that exchange'
  const instead =
    kind === 'demo'
      ? 'Stored bars are played without keys by --broker local, or by klinelab exchange'
      : `Stored bars are played by the exchange: klinelab exchange --replay ${data.join(' ') || 'binance-usdm:BTCUSDT:1h'}${range}`
  throw new UsageError(
    `--broker ${[kind, ...(kind === 'exchange' && place !== undefined ? [place] : [])].join(' ')}: the bars of a session come from ${where}, where its orders are, and not from the store: leave out ${given.join(', ')}. ${instead}`,
  )
}

/** Where the orders of these series leave for. What cannot be is said before anybody is asked and anything is written. */
function marketOf([kind = 'local']: readonly string[] = [], data: readonly string[]): 'usdm' | 'spot' {
  const venues = data.map((text) => usage(() => parseSeries(text)).venue)
  if (kind !== 'exchange' && kind !== 'demo') return 'usdm'
  const other = venues.findIndex((venue) => venue !== 'binance-usdm' && venue !== 'binance')
  if (other >= 0)
    throw new UsageError(
      `--broker ${kind}: orders leave for Binance only, its USDS-M futures or its spot market, and ${data[other]} is of neither; write --data binance-usdm:BTCUSDT:1h or binance:BTCUSDT:1h, or leave --broker out`,
    )
  const isSpot = venues.includes('binance')
  if (isSpot && kind === 'demo')
    throw new UsageError(
      "--broker demo: orders leave for Binance's USDS-M futures only there, as its spot tells of orders over a websocket API that is not spoken here; write --data binance-usdm:BTCUSDT:1h, or --broker exchange URL",
    )
  return isSpot ? 'spot' : 'usdm'
}

/** A bar of progress on a terminal. */
function count(session: PaperSession, io: Io): void {
  const progress = io.progress('bars')
  const total = session.barsToCome
  if (total === null) return
  session.on((event) => {
    if (event.type === 'instant') progress(session.state.counters.bars, total)
  })
}

function bringing(io: Io, clock: StreamClock, shelf: string | null): Bringing {
  return {
    shelf,
    now: () => clock.now(),
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

function liveOf(io: Io, clock: StreamClock, grace: number): SessionOptions['live'] {
  return ({ slots }, next, after) => {
    const series = slots.map((slot) => parseSeries(slot.series))
    const names = slots.map((slot) => slot.series)
    const from = (one: (typeof series)[number]) =>
      next[names.indexOf(`${one.venue}:${one.symbol}:${one.interval}`)] ?? null
    const funded = slots.flatMap(({ isFunded }, slot) =>
      isFunded ? [{ slot, symbol: series[slot]!.symbol, since: next[slot]! }] : [],
    )
    const rates = funded.length === 0 ? null : new FundingRates({ slots: funded, clock, ask: ratesOf(io) })
    const stream = streamOf(series, from, io, io.warn, clock)
    const feed = liveFeed(stream, {
      ...{ series, next, after, grace, clock },
      ...(rates !== null && { ready: rates.ready, funding: (at, tell) => rates.take(at, tell) }),
    })
    return {
      [Symbol.asyncIterator]: () => feed[Symbol.asyncIterator](),
      close: async () => {
        rates?.stop()
        await feed.close()
      },
    }
  }
}
