import { parseSeries } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { openStore, type SeriesBrief, type Store } from '../data/index.ts'
import { EMBEDDED } from '../runs/package-info.ts'
import { plural } from './text.ts'

export type Behind = ReadonlyMap<string, SeriesBrief>

/** Series that hide others, and which bars. */
export interface Hidden extends Pick<SeriesBrief, 'series' | 'rows' | 'from' | 'to'> {
  /** What is stored instead. */
  readonly by: { readonly from: number; readonly to: number }
}

/** What comes with klinelab and is seen from a store, since that has no series of the name itself. */
export async function seenBehind(store: Store): Promise<Behind> {
  const seen = new Map<string, SeriesBrief>()
  if (store.dir === EMBEDDED) return seen
  const isOwn = async (name: string) => {
    try {
      return (await store.manifest(parseSeries(name))) !== null
    } catch {
      // a damaged one hides what is behind too
      return true
    }
  }
  for (const one of await (await openStore(EMBEDDED)).briefly())
    if (!(await isOwn(one.series))) seen.set(one.series, one)
  return seen
}

/** What series that are stored now hide of what was seen before. */
export function hiddenBy(
  own: readonly { readonly series: string; readonly stored: Hidden['by'] | null }[],
  behind: Behind,
): readonly Hidden[] {
  return own.flatMap(({ series, stored: by }) => {
    const one = behind.get(series)
    return one === undefined || by === null
      ? []
      : [{ series, rows: one.rows, from: one.from, to: one.to, by: { from: by.from, to: by.to } }]
  })
}

/**
 * Said when a store begins a series of its own: the two are not put together.
 * @param back how those can be had again, where fetching them would mix what was made with what was traded
 */
export function hiddenText({ series, rows, from, to, by }: Hidden, back?: string): string {
  const had = `${plural(rows, 'bar')} of it that come with klinelab, ${timeName(from)} to ${timeName(to)}`
  const both = `to have those before ${timeName(by.from)} too: klinelab data get ${series} --from ${timeName(from)}`
  const advice = back ?? (by.from > from ? both : '')
  return `the ${had}, are hidden by these from now on${advice === '' ? '' : `; ${advice}`}`
}
