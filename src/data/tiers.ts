import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { decimalOf, unitsText } from '../core/decimal.ts'
import type { LeverageBracket, LeverageTiers } from '../core/leverage.ts'
import type { Venue } from '../core/series.ts'
import { changeFiles } from './change-store.ts'
import { DataError, NotFoundError } from './data-error.ts'
import { writeAtomic } from './manifest.ts'
import type { Store } from './store.ts'
import { readJson } from './text-file.ts'

const FIELDS = ['notionalFloor', 'notionalCap', 'maintMarginRatio', 'cum', 'initialLeverage'] as const
type Field = (typeof FIELDS)[number]

function folderOf(dir: string, venue: Venue, symbol: string): string {
  return join(dir, 'tiers', venue, symbol)
}

/**
 * Stores the leverage tiers of some symbols (all, where none are named) out of a saved answer to `leverageBracket`. The
 * answer has no date of its own, and tiers change: `asOf` (UTC ms) says from when they are.
 * @throws DataError that names the file, the symbol, the bracket and the field
 */
export async function importTiers(
  store: Store,
  file: string,
  asOf: number,
  symbols: readonly string[] = [],
): Promise<readonly string[]> {
  const source = basename(file).replace(/\.json(\.gz)?$/, '')
  const read = readBrackets(readJson(file), asOf, { file, source })
  const unknown = symbols.find((symbol) => !read.some((tiers) => tiers.symbol === symbol))
  if (unknown !== undefined) throw new NotFoundError(`${file}: has no symbol ${unknown}`)
  const wanted = read.filter(({ symbol }) => symbols.length === 0 || symbols.includes(symbol))
  await changeFiles(store, async ({ dir }) => {
    for (const tiers of wanted) write(dir, tiers)
  })
  return wanted.map(({ symbol }) => symbol)
}

/**
 * Stores tiers that an answer to `leverageBracket` has for a symbol, unless they are those that were in force already.
 * @returns whether they were written; `null` where the answer does not have the symbol
 * @throws DataError for another answer
 */
export async function storeTiers(
  store: Store,
  symbol: string,
  json: unknown,
  asOf: number,
  source: string,
): Promise<'written' | 'same' | null> {
  const tiers = readBrackets(json, asOf, { file: source, source }).find((one) => one.symbol === symbol)
  if (tiers === undefined) return null
  await store.mirror?.refreshSymbol('binance-usdm', symbol)
  const stored = loadTiers(store, 'binance-usdm', symbol, asOf)
  if (stored !== null && stored.asOf <= asOf && JSON.stringify(stored.brackets) === JSON.stringify(tiers.brackets))
    return 'same'
  await changeFiles(store, async ({ dir }) => write(dir, tiers))
  return 'written'
}

function write(dir: string, tiers: LeverageTiers): void {
  const date = new Date(tiers.asOf).toISOString().slice(0, 10)
  const file = join(folderOf(dir, 'binance-usdm', tiers.symbol), `${date}.json`)
  writeAtomic(file, `${JSON.stringify(tiers, null, 1)}\n`)
}

function readBrackets(json: unknown, asOf: number, { file, source }: { file: string; source: string }) {
  const list = (Array.isArray(json) ? json : [json]) as readonly { symbol?: unknown; brackets?: unknown }[]
  return list.map((one) => readTiers(file, one, asOf, source))
}

function readTiers(
  file: string,
  one: { symbol?: unknown; brackets?: unknown },
  asOf: number,
  source: string,
): LeverageTiers {
  if (typeof one?.symbol !== 'string' || !Array.isArray(one.brackets) || one.brackets.length === 0)
    throw new DataError(`${file}: is no answer to leverageBracket: every entry needs a symbol and brackets`)
  const { symbol } = one
  const brackets = (one.brackets as Record<Field, unknown>[]).map((raw, k): LeverageBracket => {
    for (const field of FIELDS)
      if (typeof raw[field] !== 'number' || !Number.isFinite(raw[field]) || (raw[field] as number) < 0)
        throw new DataError(
          `${file}, ${symbol}, bracket ${k + 1}: ${field} is ${JSON.stringify(raw[field])}, which is no number from 0 up`,
        )
    const text = (field: Field) => {
      const { digits, decimals } = decimalOf(raw[field] as number)
      return unitsText(digits, decimals)
    }
    return {
      floor: text('notionalFloor'),
      cap: text('notionalCap'),
      ratio: text('maintMarginRatio'),
      cum: text('cum'),
      leverage: raw.initialLeverage as number,
    }
  })
  return { symbol, asOf, source, brackets: brackets.sort((a, b) => Number(a.floor) - Number(b.floor)) }
}

/**
 * The tiers that were in force at `time`: the newest not younger than it, else the oldest there are, which are then
 * assumed. `null` where the store has none of the symbol.
 */
export function loadTiers(store: Store, venue: Venue, symbol: string, time: number): LeverageTiers | null {
  const found = new Map<string, LeverageTiers>()
  for (const dir of [store.behind, store.dir]) {
    const folder = dir === null ? null : folderOf(dir, venue, symbol)
    if (folder === null || !existsSync(folder)) continue
    for (const name of readdirSync(folder))
      if (name.endsWith('.json')) found.set(name, readJson(join(folder, name)) as LeverageTiers)
  }
  const all = [...found.values()].sort((a, b) => a.asOf - b.asOf)
  return all.findLast(({ asOf }) => asOf <= time) ?? all[0] ?? null
}
