import { VENUES, type Venue } from '../../core/series.ts'
import { DataError } from '../data-error.ts'

/** Where venues are asked instead of at their own addresses: mirrors, proxies, test servers. */
export interface Origins {
  readonly rest?: Partial<Record<Venue, string>>
  /** Binance's public archive. */
  readonly archive?: string
  readonly stream?: Partial<Record<Venue, string>>
}

/** Whose addresses are looked at: one that is wrong is in the way of who needs it, and of nobody else. */
export interface OriginNeeds {
  /** The archive of those that have one, too. */
  readonly rest?: readonly Venue[]
  readonly stream?: readonly Venue[]
}

/**
 * Reads `KLINELAB_URL_BINANCE`, `KLINELAB_URL_BINANCE_USDM`, … `KLINELAB_URL_BINANCE_ARCHIVE` and `KLINELAB_WS_BINANCE`, ….
 * @throws DataError that names the variable and says what it has to be
 */
export function originsOf(env: Env, { rest = [], stream = [] }: OriginNeeds): Origins {
  const named = (name: string) => {
    const text = env[name]
    return text === undefined || text === '' ? undefined : checkedUrl(name, text)
  }
  const each = (kind: Kind, venues: readonly Venue[]): Partial<Record<Venue, string>> => {
    const found: Partial<Record<Venue, string>> = {}
    for (const venue of venues) {
      const url = named(variableOf(kind, venue))
      if (url !== undefined) found[venue] = url
    }
    return found
  }
  const archive = rest.some((venue) => venue.startsWith('binance')) ? named(ARCHIVE) : undefined
  return {
    rest: each('URL', rest),
    stream: each('WS', stream),
    ...(archive === undefined ? {} : { archive }),
  }
}

/** What is wrong with each variable that is, by its name. */
export function originFaults(env: Env): Readonly<Record<string, string>> {
  const names = [...VENUES.flatMap((venue) => KINDS.map((kind) => variableOf(kind, venue))), ARCHIVE]
  const faults: Record<string, string> = {}
  for (const name of names.filter((one) => (env[one] ?? '') !== ''))
    try {
      checkedUrl(name, env[name]!)
    } catch (error) {
      faults[name] = (error as Error).message
    }
  return faults
}

type Env = Readonly<Record<string, string | undefined>>

const KINDS = ['URL', 'WS'] as const
type Kind = (typeof KINDS)[number]

const ARCHIVE = 'KLINELAB_URL_BINANCE_ARCHIVE'

/** `KLINELAB_URL_BINANCE_USDM`. */
export function variableOf(kind: Kind, venue: Venue): string {
  return `KLINELAB_${kind}_${venue.toUpperCase().replaceAll('-', '_')}`
}

/** An address that is none may have a password in it all the same, or a token behind its path. */
function discreet(text: string): string {
  return text.replace(/^([a-z]+:\/\/)?.*@/is, '$1…@').replace(/([?#]).*$/s, '$1…')
}

/** Without the slash at its end. A proxy's address may have a path; a name and password would stand in every message. */
function checkedUrl(name: string, text: string): string {
  const schemes = name.startsWith('KLINELAB_WS_') ? ['ws:', 'wss:'] : ['http:', 'https:']
  const wanted = `an address such as ${schemes.at(-1)}//mirror.example, with nothing behind its path`
  const url = URL.canParse(text) ? new URL(text) : null
  if (url !== null && (url.username !== '' || url.password !== ''))
    throw new DataError(`${name} has a name or password in it, which would show in messages: leave them out`)
  if (url === null || !schemes.includes(url.protocol) || url.search !== '' || url.hash !== '')
    throw new DataError(`${name} is "${discreet(text)}", not ${wanted}`)
  return url.href.replace(/\/+$/, '')
}
