import { timeName } from '../../core/time.ts'

/** What a session waits for, for whoever looks and wonders. */
export interface Waiting {
  /** `step`: the exchange's replay waits for one; `stands`: its time stands; `end`: its replay is over. */
  readonly reason: 'broker' | 'connection' | 'bar' | 'step' | 'stands' | 'end'
  /** Since when, by this machine's clock, UTC ms. */
  readonly since: number
  readonly text: string
}

/** What the words are made of. */
export interface WaitFacts {
  readonly reason: Waiting['reason']
  /** Where the bars come from: a venue, or `exchange URL`. */
  readonly place: string
  /** Series whose next bars close first. */
  readonly series: readonly string[]
  /** Open time of that bar, and when it closes, UTC ms. */
  readonly opens: number
  readonly closes: number
  /** Since the last bar, or since the session went to work, ms. */
  readonly waited: number
  readonly isFirst: boolean
  /** What time it is where bars bear another time than here, UTC ms. */
  readonly timeThere: number | null
}

/** One sentence: what is waited for, and since when. */
export function waitText(facts: WaitFacts): string {
  const { reason, place, series, opens, closes, waited, isFirst, timeThere } = facts
  const [first, ...others] = series
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  const bar = `the bar of ${timeName(opens)} of ${first}${more}, which closes at ${timeName(closes)}`
  const there = timeThere === null ? '' : ` (there it is ${timeName(timeThere)})`
  const since = isFirst ? `none has come yet, in ${lapse(waited)}` : `the last came ${lapse(waited)} ago`
  switch (reason) {
    case 'broker':
      return `waits until orders, position and trades are known at ${place}, for ${lapse(waited)}`
    case 'connection':
      return `waits for the connection to ${place}, and then for ${bar}; ${since}`
    case 'step':
      return `waits for ${bar}: the replay of ${place} waits for a step, POST /step on its control port${there}; ${since}`
    case 'stands':
      return `waits for ${bar}: the time of ${place} stands${there}; ${since}`
    case 'end':
      return `the replay of ${place} is over${there}: what is underway is finished, and the session ends`
    case 'bar':
      return `waits for ${bar}${there}; ${since}`
  }
}

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000] as const

/** `3 m 20 s`: two units, as a person says how long ago something was. */
export function lapse(ms: number): string {
  const of = (unit: number) => Math.floor(ms / unit)
  if (ms < MINUTE) return `${of(SECOND)} s`
  if (ms < HOUR) return `${of(MINUTE)} m ${of(SECOND) % 60} s`
  if (ms < DAY) return `${of(HOUR)} h ${of(MINUTE) % 60} m`
  return `${of(DAY)} d ${of(HOUR) % 24} h`
}
