import { type Bars, lastClosedBy } from '../core/bar.ts'
import type { FutureWay } from '../core/other-future.ts'
import { timeName } from '../core/time.ts'
import type { Lens } from '../data/index.ts'

/** What of a module is held against other futures. */
const PARTS = [
  'module', 'features', 'labels', 'split', 'scaling', 'rebalancing', 'model', 'predictions', 'indicators', 'decisions',
] as const // biome-ignore format: a list of words
export type Part = (typeof PARTS)[number]

/** A world that is like the true one up to an instant. */
export interface World {
  /** `unchanged`: the true world once more, in which a module must do what it did. */
  readonly way: FutureWay | 'unchanged'
  /** Close time of the last bar that stays as it was, UTC ms. */
  readonly cut: number
  readonly lens: Lens
}

/** Something that could not be as it is without knowing what comes. */
export interface Leak {
  readonly part: Part
  /** What it belongs to: `direction, binance:BTCUSDT:1h`, or a strategy. */
  readonly of: string
  /** The one that peeks: a feature's column, a fold, an indicator. */
  readonly name: string
  /** Open time of the first bar at fault, of decisions the close time at which they were made, UTC ms; `null` where it is of no bar. */
  readonly at: number | null
  readonly way: World['way'] | null
  /** Where the future began, UTC ms. */
  readonly cut: number | null
  /** What it is in the whole run, and what with the other future. */
  readonly whole: string
  readonly other: string
  readonly text: string
}

export interface CheckedPart {
  readonly part: Part
  readonly of: string
  /** Worlds, or folds, in which it was compared. */
  readonly compared: number
  readonly verdict: 'holds' | 'peeks' | 'not checked'
  /** Why it was not, or not everywhere. */
  readonly note: string | null
}

/** What a check has found, in the order in which it looked. */
export class Findings {
  readonly leaks: Leak[] = []
  readonly #parts = new Map<string, { part: Part; of: string; compared: number; note: string | null }>()

  compared(part: Part, of: string): void {
    this.#row(part, of).compared++
  }

  /** Says of a part, where nothing else is said of it yet, what kept it from being compared. */
  skipped(part: Part, of: string, why: string): void {
    this.#row(part, of).note ??= why
  }

  /** Of everything that peeks the first time it was seen to is kept. */
  leak(leak: Leak): void {
    this.#row(leak.part, leak.of)
    if (!this.leaks.some(({ part, of, name }) => part === leak.part && of === leak.of && name === leak.name))
      this.leaks.push(leak.way === 'unchanged' ? { ...leak, cut: null } : leak)
  }

  /** Whether one of these parts peeks. */
  peeks(of: string, parts: readonly Part[]): boolean {
    return this.leaks.some((leak) => leak.of === of && parts.includes(leak.part))
  }

  parts(): readonly CheckedPart[] {
    const rows = [...this.#parts.values()].sort((a, b) => PARTS.indexOf(a.part) - PARTS.indexOf(b.part))
    return rows.map(({ part, of, compared, note }) => {
      const peeks = this.peeks(of, [part])
      const verdict = peeks ? 'peeks' : compared === 0 ? 'not checked' : 'holds'
      return { part, of, compared, verdict, note }
    })
  }

  #row(part: Part, of: string) {
    const key = `${part}\n${of}`
    const row = this.#parts.get(key) ?? { part, of, compared: 0, note: null }
    this.#parts.set(key, row)
    return row
  }
}

/** How many rows are as they were. */
export function knownRows({ openTime, series }: Bars, { cut }: Pick<World, 'cut'>): number {
  return lastClosedBy(openTime, series.interval, cut) + 1
}

/** … and what it is in this world, as a sentence goes on. */
export function inWorld({ way, cut }: World): string {
  return way === 'unchanged'
    ? 'when all is done once more with the same bars'
    : `with all bars after ${timeName(cut)} ${way}`
}

/** First row below `rows` in which two columns differ by a bit; −1 where none does. */
export function firstDifference(a: Float64Array, b: Float64Array, rows: number): number {
  for (let row = 0; row < rows; row++) if (!Object.is(a[row], b[row])) return row
  return -1
}

/** What two plain values differ in, by name where a list goes along with `names`; `null` where they are the same to the bit. */
export function difference(whole: unknown, other: unknown, path = ''): Different | null {
  if (Object.is(whole, other)) return null
  const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null
  if (!isTree(whole) || !isTree(other)) return { path, whole: shown(whole), other: shown(other) }
  const names = (whole as { readonly names?: readonly string[] }).names
  const keys = Array.isArray(whole) && Array.isArray(other) ? placesThatDiffer(whole, other) : keysOf(whole, other)
  for (const key of keys) {
    const inner = (value: object) => (value as Record<string, unknown>)[key]
    const found = difference(inner(whole), inner(other), path === '' ? key : `${path}.${key}`)
    if (found === null) continue
    // numbers of features: their place tells which
    const place = Number(found.path.split('.').at(-1))
    const list = key === 'numbers' ? Object.values(inner(whole) ?? {}).find(Array.isArray) : undefined
    const name = Array.isArray(names) && list?.length === names.length ? names[place] : undefined
    return name === undefined ? found : { ...found, path: `${found.path.replace(/\.\d+$/, '')} of "${name}"` }
  }
  return null
}

function keysOf(whole: object, other: object): Iterable<string> {
  return new Set([...Object.keys(whole), ...Object.keys(other)])
}

/** Lists may be as long as the data: places at which nothing differs get no name. */
function* placesThatDiffer(whole: readonly unknown[], other: readonly unknown[]): Iterable<string> {
  for (let k = 0; k < Math.max(whole.length, other.length); k++) if (!Object.is(whole[k], other[k])) yield String(k)
}

interface Different {
  readonly path: string
  readonly whole: string
  readonly other: string
}

function shown(value: unknown): string {
  if (typeof value === 'number') return String(value)
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

interface Attempted {
  readonly part: Part
  readonly of: string
  readonly world?: World
  readonly how?: string
}

/** What worked in the whole run has to work up to the cut as well: where it fails, it has missed what comes. */
export async function attempt<T>(
  findings: Findings,
  { part, of, world, how = inWorld(world!) }: Attempted,
  work: () => T | Promise<T>,
): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    const { message } = error as Error
    findings.compared(part, of)
    findings.leak({
      ...{ part, of, name: 'failure', at: null, way: world?.way ?? null, cut: world?.cut ?? null },
      ...{ whole: 'works', other: message },
      text: `${part} of ${of}: made in the whole run, and ${how} it fails: ${message}`,
    })
    return null
  }
}
