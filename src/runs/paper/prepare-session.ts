import { firstRowAt, sliceBars } from '../../core/bar.ts'
import { intervalMs } from '../../core/interval.ts'
import { seriesName } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import type { Strategy } from '../../engine/index.ts'
import { prepare } from '../prepare.ts'
import type { Settings } from '../settings.ts'
import type { TrainingHost } from '../train-run.ts'
import { UsageError } from '../usage-error.ts'
import type { LiveRunOptions } from './live-run.ts'
import type { LiveSlotOptions } from './live-slot.ts'
import { factsOf, type PaperRequest, type PreparedSession } from './paper-request.ts'
import { type Bringing, prepareLive } from './prepare-live.ts'
import { type SessionFile, type SessionSlot, type WarmSlot, warmUpOf } from './session-file.ts'

/**
 * Loads what a session needs, by the parts that a backtest loads with.
 * @throws UsageError for what cannot be asked, or where bars are missing before the first
 */
export async function prepareSession(
  asked: PaperRequest,
  settings: Settings,
  bringing: Bringing,
  host: TrainingHost = {},
): Promise<PreparedSession> {
  if (settings.detail !== null)
    throw new UsageError('--detail is of backtests: a session sees bars of its own interval, and no finer ones')
  return asked.replay === null ? prepareLive(asked, settings, bringing, host) : prepareReplay(asked, settings, host)
}

async function prepareReplay(asked: PaperRequest, settings: Settings, host: TrainingHost): Promise<PreparedSession> {
  const { data, set } = asked
  const { from: begin, to } = asked.replay!
  if (begin !== undefined && to !== undefined && to <= begin)
    throw new UsageError(`--to ${timeName(to)} is not after --from ${timeName(begin)}`)
  const request = { strategy: asked.strategy, data, ...(set !== undefined && { set }), ...asked.replay }
  const prepared = await prepare(request, settings, host)
  const { models, options, loaded, perpetuals, strategy, file, params } = prepared
  const { from } = options
  const wanted = settings.warmup ?? prepared.defaultWarmup
  const short = loaded.find(({ bars }) => firstRowAt(bars.openTime, from) < wanted)
  if (short !== undefined) {
    const { bars } = short
    const name = seriesName(bars.series)
    // a range that ends before there are enough says nothing of the bars after it: the series has them one after the other
    const first = bars.openTime[wanted] ?? bars.openTime[0]! + wanted * intervalMs(bars.series.interval)
    const last = to !== undefined && first >= to ? ', and end later (--to)' : ''
    throw new UsageError(
      `${name}: the strategy wants ${wanted} bars before its first, and ${firstRowAt(bars.openTime, from)} are stored before ${timeName(from)}. Begin later (--from ${timeName(first)})${last}, bring earlier ones (klinelab data get ${name} --from DATE), or say that fewer will do (--warmup)`,
    )
  }
  const isFunded = perpetuals.map((one) => one?.funding != null && asked.fills === 'bars')
  const warm = loaded.map(({ bars }, k): WarmSlot => {
    const rows = firstRowAt(bars.openTime, from)
    const { marks = null } = perpetuals[k] ?? {}
    const cut = (column: Float64Array) => column.subarray(0, rows)
    return {
      bars: sliceBars(bars, 0, rows),
      marks: marks && { ...columnsOf(marks, cut), decimals: marks.decimals },
    }
  })
  return {
    strategy,
    warm,
    facts: {
      ...factsOf(asked, settings, { strategy, file: file!, params, from }),
      mode: { kind: 'replay', to: asked.replay!.to ?? null },
      models: models?.used ?? [],
      quote: loaded[0]!.instrument.quote,
      slots: loaded.map(({ bars, instrument, costs }, k) => ({
        ...{ series: seriesName(bars.series), priceDecimals: bars.priceDecimals, instrument, costs },
        ...{ margin: perpetuals[k]?.terms ?? null, markDecimals: warm[k]!.marks?.decimals ?? null },
        ...{ isFunded: isFunded[k]!, warmup: warmUpOf(warm[k]!) },
      })),
    },
    replay: loaded.map(({ bars }, k) => ({
      bars,
      marks: perpetuals[k]?.marks ?? null,
      funding: isFunded[k] ? perpetuals[k]!.funding : null,
    })),
    beside: loaded.map(({ bars, average }) => ({
      ...(models !== null && { models: models.live(bars.series, from) }),
      minutes: average === null || average.sha256 === null ? null : average.minutes,
    })),
  }
}

function columnsOf<T>(
  { open, high, low, close }: { open: T; high: T; low: T; close: T },
  map: (column: T) => T,
): { open: T; high: T; low: T; close: T } {
  return { open: map(open), high: map(high), low: map(low), close: map(close) }
}

/** The engine's own options, out of what is written of a session. */
export function runOptions(
  { params, cash, limitTouch, execution, risk, from, fills, slots }: SessionFile,
  strategy: Strategy,
  warm: readonly WarmSlot[],
  beside: PreparedSession['beside'],
): LiveRunOptions {
  const none = new Float64Array()
  const of = ({ instrument, costs, margin, isFunded }: SessionSlot, k: number): LiveSlotOptions => ({
    ...{ instrument, costs, margin, bars: warm[k]!.bars, marks: warm[k]!.marks },
    funding: isFunded ? { time: none, rate: none, mark: none } : null,
    ...beside[k],
  })
  return { strategy, params, cash, limitTouch, execution, risk, from, fills, slots: slots.map(of) }
}
