import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseSeries } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import { SYSTEM_CLOCK } from '../../data/stream/stream-clock.ts'
import { accountsFolder } from '../../runs/connect-settings.ts'
import { findRun } from '../../runs/load-run.ts'
import { type OpenedBroker, openBroker } from '../../runs/paper/open-broker.ts'
import type { PaperRequest } from '../../runs/paper/paper-request.ts'
import { PaperSession } from '../../runs/paper/session.ts'
import { outToSay } from '../../runs/paper/session-folder.ts'
import type { SessionOptions } from '../../runs/paper/session-options.ts'
import { admit } from '../../runs/promote/admit.ts'
import { requireModels } from '../../runs/promote/promotion.ts'
import { checkStoreIsThere } from '../../runs/settings.ts'
import { UsageError, usage } from '../../runs/usage-error.ts'
import type { Command } from '../command.ts'
import { settingsOf } from '../flags.ts'
import { stoppable } from '../interrupt.ts'
import type { Io } from '../io.ts'
import { bringing, liveBars } from '../paper-bars.ts'
import { PAPER, type PaperFlags, safetyOf } from '../paper-flags.ts'
import { paperText } from '../paper-text.ts'
import { lastLook, WATCH, type WatchFlags, watchingOf, watchSession } from '../paper-watch.ts'
import { shown } from '../run-text.ts'
import { configOutcome } from '../show-config.ts'
import { TrainingProgress } from '../training-progress.ts'

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
    const { replay: isReplay = false, speed = 'max', set, data = [] } = flags
    if (isReplay) checkStoreIsThere(settings)
    checkBars(flags)
    const market = marketOf(flags.broker, data)
    const watching = watchingOf(flags, io)
    const expect = flags.expect === undefined ? undefined : findRun(flags.expect, settings.out, io.cwd, 'backtest')
    const asked = { strategy: args.words[0]!, data, ...(set !== undefined && { set: Object.fromEntries(set) }) }
    // before any key is looked at
    const promotion = flags.broker?.[0] === 'demo' ? await admit(asked, settings, io.warn) : null
    const place = await openBroker(flags.broker ?? [], io.env, market)
    const { redact } = watching
    const session = await openSession(flags, asked, place, { settings, redact, ...(expect && { expect }) }, io)
    if (promotion !== null)
      try {
        requireModels(promotion, session.file.models)
      } catch (error) {
        session.abandon()
        place.close()
        throw error
      }
    const watch = await watchSession(session, watching, io, {
      out: settings.out,
      now: () => place.clock.now(),
      isFast: isReplay && speed === 'max',
    }).catch((error) => {
      session.abandon()
      throw error
    })
    count(session, io)
    try {
      return await stoppable(async (stop, interrupt) => {
        const snapshot = await session.run(stop)
        const isInterrupted = interrupt.aborted
        if (snapshot.state === 'ended') await lastLook(watch, watching, stop)
        return {
          json: { ...snapshot, dir: session.dir },
          text: `${paperText(snapshot, outToSay(settings))}\n\n  ${shown(session.dir, io.cwd)}`,
          ...(isInterrupted && { code: 130 }),
        }
      })
    } finally {
      await watch.close()
      place.close()
    }
  },
} satisfies Command

function checkBars(flags: PaperFlags): void {
  checkPlace(flags)
  const { replay = false, from, to, speed } = flags
  if (!replay && (from ?? to ?? speed) !== undefined)
    throw new UsageError('--from, --to and --speed are of a replay: add --replay, or leave them out')
}

/** Begins a session, or takes up the one that the same command has begun. */
async function openSession(
  flags: PaperFlags,
  asked: Pick<PaperRequest, 'strategy' | 'data' | 'set'>,
  { broker, name, clock, env, isRealTime, replay }: OpenedBroker,
  options: Pick<SessionOptions, 'settings' | 'redact' | 'expect'>,
  io: Io,
): Promise<PaperSession> {
  const { from, to } = flags
  const there = { ...io, env }
  const shelf = isRealTime ? null : mkdtempSync(join(tmpdir(), 'klinelab-bars-'))
  const training = new TrainingProgress(io)
  try {
    return await PaperSession.open({
      asked: {
        ...asked,
        ...{ safety: safetyOf(flags, isRealTime), broker: name, fills: broker.fills },
        replay: flags.replay ? { ...(from !== undefined && { from }), ...(to !== undefined && { to }) } : null,
      },
      ...{ broker, accounts: accountsFolder(io.env), ...(flags.name !== undefined && { name: flags.name }) },
      bringing: bringing(there, clock, shelf),
      training: { onTraining: training.onTraining, onTrained: training.end, onNotice: io.warn },
      live: liveBars(there, clock, flags.grace ?? GRACE),
      clock,
      ...(replay !== undefined && { replay }),
      real: SYSTEM_CLOCK,
      monotonic: () => performance.now(),
      speed: flags.speed ?? 'max',
      onStop: flags.onStop ?? 'keep',
      ...options,
    })
  } finally {
    training.end()
    // the session has a copy of what it begins with
    if (shelf !== null) rmSync(shelf, { recursive: true, force: true })
  }
}

/** Orders that fill elsewhere fill at the prices of elsewhere: bars of another time would decide on what is not there. */
function checkPlace({ broker: [kind = 'local', place] = [], replay, from, to, speed, data = [] }: PaperFlags): void {
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
