import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { FilterSnapshot, Instrument } from '../core/instrument.ts'
import { DataError } from './data-error.ts'
import { parseExchangeInfo } from './exchange-info.ts'
import { writeAtomic } from './manifest.ts'
import { readJson } from './text-file.ts'
import type { MarketRules } from './venues/venue.ts'

/**
 * What a venue said of a market on some day: `instruments/VENUE/SYMBOL/DATE.json`. One that was fetched has this shape whatever the
 * venue; one that was imported is Binance's `exchangeInfo` cut down to the symbol.
 */
export interface MarketFacts extends Pick<Instrument, 'base' | 'quote' | 'kind' | 'gridFrom'> {
  readonly status: string
  readonly listedAt: number | null
  readonly delistedAt: number | null
  readonly feeMaker: string | null
  readonly feeTaker: string | null
  readonly snapshot: FilterSnapshot
}

const FORMAT = 1
const KEYS = [
  'base',
  'quote',
  'kind',
  'gridFrom',
  'status',
  'snapshot',
] as const satisfies readonly (keyof MarketFacts)[]

/** Reads a file of either shape. @throws DataError that names the file and what is missing */
export function readMarket(file: string): MarketFacts {
  const json = readJson(file) as Partial<MarketFacts> & { readonly format?: unknown; readonly source?: string }
  if (json?.format === undefined) return excerptOf(file, json)
  if (json.format !== FORMAT)
    throw new DataError(`${file}: its format is ${JSON.stringify(json.format)}, this version reads ${FORMAT}`)
  const missing = KEYS.find((key) => json[key] === undefined)
  if (missing !== undefined)
    throw new DataError(`${file}: has no "${missing}"; delete it and fetch the market's rules again`)
  return json as MarketFacts
}

function excerptOf(file: string, json: { readonly source?: string }): MarketFacts {
  const { venue, symbols } = parseExchangeInfo(json, json?.source ?? basename(file, '.json'))
  const [symbol] = symbols
  if (symbol === undefined) throw new DataError(`${file}: has no symbol`)
  const { base, quote, status, listedAt, delistedAt, snapshot } = symbol
  return { base, quote, ...gridOf(venue), status, listedAt, delistedAt, feeMaker: null, feeTaker: null, snapshot }
}

/** Futures of Binance are perpetuals whose prices count from the least; spot counts from 0 everywhere. */
export function gridOf(venue: Instrument['venue']): Pick<Instrument, 'kind' | 'gridFrom'> {
  return venue === 'binance-usdm' ? { kind: 'perpetual', gridFrom: 'minimum' } : { kind: 'spot', gridFrom: 'zero' }
}

/**
 * Writes what a venue says of a market into its folder, unless the newest that is known says the same.
 * @param newest of the market, `null` where nothing is known
 */
export function writeMarket(folder: string, rules: MarketRules, newest: MarketFacts | null): 'written' | 'same' {
  const { instrument, status, listedAt, delistedAt, feeMaker, feeTaker } = rules
  const { base, quote, kind, gridFrom, snapshots } = instrument
  const snapshot = snapshots.at(-1)!
  const facts = { base, quote, kind, gridFrom, status, listedAt, delistedAt, feeMaker, feeTaker, snapshot }
  if (newest !== null && saidOf(newest) === saidOf(facts)) return 'same'
  const taken = new Date(snapshot.validFrom).toISOString()
  const [day, second] = [join(folder, `${taken.slice(0, 10)}.json`), `${taken.slice(0, 19).replaceAll(':', '-')}.json`]
  // rules may change twice a day, and an older file stays what it is
  const file = existsSync(day) ? join(folder, second) : day
  writeAtomic(file, `${JSON.stringify({ format: FORMAT, ...facts }, null, 1)}\n`)
  return 'written'
}

/** All that is said, but when and by whom; whatever the order in which it is said. */
function saidOf({ snapshot, ...facts }: MarketFacts): string {
  const { validFrom: _when, source: _who, ...rules } = snapshot
  return JSON.stringify(sortedKeys({ ...facts, format: undefined, rules }))
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sortedKeys(one)]),
  )
}
