import { closeTimeOf } from '../../core/interval.ts'
import type { FundingColumns } from '../../core/leverage.ts'
import { parseSeries } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import { loadFunding, type Store } from '../../data/index.ts'
import { averagePrice } from '../average-price.ts'
import { marksOf } from '../perpetual.ts'
import type { FeedFunding, FeedRemark } from './feed.ts'
import type { PreparedSession } from './paper-request.ts'
import { barsFrom, type Row, type Rows, rowsOf } from './parity-rows.ts'
import type { PlayedSession, RecordedSession } from './parity-session.ts'
import type { SessionSlot } from './session-file.ts'

/** A bar that is otherwise now than it was for the session. */
export interface RowDifference {
  readonly slot: number
  readonly at: number
  /** `null`: the session had none. */
  readonly own: Row | null
  readonly present: Row
  readonly text: string
}

/** What the session went by, and what is known now. */
export interface Compared {
  /** Of each slot, with the bars before the session. */
  readonly present: readonly Rows[]
  readonly differences: readonly RowDifference[]
  /** Rates by slot: as the session was told of them, and all that are known; `null`: none is charged. */
  readonly ownFunding: readonly (readonly FeedFunding[] | null)[]
  readonly funding: readonly (readonly FeedFunding[] | null)[]
  readonly remarks: readonly string[]
}

const PRICES = ['open', 'high', 'low', 'close'] as const

/** Sets the session's bars and rates beside those that are stored now, and those that its feed told of too late. */
export async function compareBars(store: Store, recorded: RecordedSession, played: PlayedSession): Promise<Compared> {
  const { file, own } = recorded
  const remarks: string[] = []
  const present: Rows[] = []
  const funding: (readonly FeedFunding[] | null)[] = []
  const ownFunding: (readonly FeedFunding[] | null)[] = []
  const differences: RowDifference[] = []
  for (const [slot, of] of file.slots.entries()) {
    const stored = await storedRows(store, of, own[slot]!)
    if (stored === null)
      remarks.push(`${of.series}: no bars of its time are stored; it is taken that they were not revised since`)
    const told = toldLater(played.remarks, slot)
    const all = new Map([...own[slot]!, ...told, ...(stored ?? [])])
    present.push(new Map([...all].sort(([a], [b]) => a - b)))
    differences.push(...differencesOf(of, slot, own[slot]!, present[slot]!, played.remarks))
    const isCharged = of.isFunded || (file.fills === 'told' && of.margin !== null)
    const had = isCharged ? fundingOf(recorded, played, slot) : null
    ownFunding.push(had)
    funding.push(had === null ? null : allFunding(store, of, slot, own[slot]!, file.from, had))
  }
  return { present, differences: differences.sort((a, b) => a.at - b.at), ownFunding, funding, remarks }
}

/** 1m bars that spot's average price is reckoned from, as the session had them: a live one of coarser bars has none. */
export async function minutesOf(store: Store, { file, warm, own }: RecordedSession) {
  if (file.mode.kind === 'live') return file.slots.map((): Pick<PreparedSession['beside'][number], 'minutes'> => ({}))
  return Promise.all(
    file.slots.map(async (slot, k) => {
      const average = await averagePrice(store, barsFrom(slot, own[k]!, warm[k]!).bars, slot.instrument)
      return { minutes: average === null || average.sha256 === null ? null : average.minutes }
    }),
  )
}

async function storedRows(store: Store, slot: SessionSlot, own: Rows): Promise<Rows | null> {
  const series = parseSeries(slot.series)
  const times = [...own.keys()]
  const [from, to] = [times[0]!, closeTimeOf(times.at(-1)!, series.interval)]
  const manifest = await store.manifest(series)
  if (manifest === null || manifest.rows === 0 || manifest.from >= to || manifest.to <= from) return null
  const bars = await store.load(series, { from: Math.max(from, manifest.from), to: Math.min(to, manifest.to) })
  if (bars.length === 0) return null
  // a series of marks that lies elsewhere in time is none
  const marks = slot.markDecimals === null ? null : await marksOf(store, bars, to).catch(() => null)
  return rowsOf({ bars, marks: marks?.columns ?? null }, [])
}

/** Bars that the session never took, and those that were stated otherwise later, as its feed had them. */
function toldLater(remarks: readonly FeedRemark[], slot: number): [number, Row][] {
  return remarks.flatMap((remark): [number, Row][] => {
    if ((remark.kind !== 'late' && remark.kind !== 'revised') || remark.bar.slot !== slot) return []
    const { slot: _, openTime, ...row } = remark.bar
    return [[openTime, { mark: null, ...row }]]
  })
}

function differencesOf(
  { series }: SessionSlot,
  slot: number,
  own: Rows,
  present: Rows,
  remarks: readonly FeedRemark[],
): RowDifference[] {
  const all: RowDifference[] = []
  for (const [at, row] of present) {
    const had = own.get(at) ?? null
    const text = had === null ? missingText(slot, at, remarks) : revisedText(had, row)
    if (text !== null)
      all.push({ slot, at, own: had, present: row, text: `${series}: the bar of ${timeName(at)} ${text}` })
  }
  return all
}

function missingText(slot: number, at: number, remarks: readonly FeedRemark[]): string {
  const late = remarks.find(
    (one) => one.kind === 'late' && one.bar.slot === slot && one.bar.openTime === at,
  ) as Extract<FeedRemark, { kind: 'late' }>
  return late === undefined
    ? 'did not come'
    : `came ${(late.by / 1000).toFixed(1)} s after its close, when its instant was over`
}

function revisedText(had: Row, now: Row): string | null {
  const names = [...PRICES, 'volume'] as const
  const other = names.filter((name) => had[name] !== now[name])
  if (other.length > 0)
    return `has been revised: ${other.map((name) => `${name} ${now[name]} instead of ${had[name]}`).join(', ')}`
  if (now.mark === null) return null
  const marks = PRICES.filter((name) => (had.mark ?? had)[name] !== now.mark![name])
  if (marks.length === 0) return null
  const changed = marks.map((name) => `${name} ${now.mark![name]} instead of ${(had.mark ?? had)[name]}`)
  return `has other mark prices: ${changed.join(', ')}`
}

/** Rates that the session was charged: with its bars, or by its exchange. */
function fundingOf({ file, records }: RecordedSession, { instants }: PlayedSession, slot: number): FeedFunding[] {
  const { symbol } = file.slots[slot]!.instrument
  if (file.fills === 'bars') return instants.flatMap(({ funding }) => funding.filter((one) => one.slot === slot))
  return records.flatMap((record): FeedFunding[] => {
    if (record.kind !== 'told' || record.told.kind !== 'funding' || record.told.symbol !== symbol) return []
    const { at, rate, mark } = record.told
    return [{ slot, time: Math.floor(at / MINUTE) * MINUTE, rate: Number(rate), mark: Number(mark) || null }]
  })
}

const MINUTE = 60_000

function allFunding(
  store: Store,
  { series }: SessionSlot,
  slot: number,
  own: Rows,
  from: number,
  had: readonly FeedFunding[],
): readonly FeedFunding[] {
  const { venue, symbol, interval } = parseSeries(series)
  const times = [...own.keys()]
  // what fell due before its first bar is not its own
  const begin = times.find((time) => time >= from) ?? from
  const stored = loadFunding(store, venue, symbol, begin, closeTimeOf(times.at(-1)!, interval))
  const known = new Map(had.map((one) => [one.time, one]))
  for (const one of stored === null ? [] : ratesOf(stored, slot)) {
    const told = known.get(one.time)
    // a file need not have the mark price of its time
    known.set(one.time, { ...one, mark: one.mark ?? told?.mark ?? own.get(one.time)?.mark?.open ?? null })
  }
  return [...known.values()].sort((a, b) => a.time - b.time)
}

function ratesOf({ time, rate, mark }: FundingColumns, slot: number): FeedFunding[] {
  return [...time].map((at, k) => ({
    ...{ slot, time: at, rate: rate[k]! },
    mark: Number.isFinite(mark[k]!) ? mark[k]! : null,
  }))
}
