import { VENUES, type Venue } from '../../core/series.ts'
import { DataError } from '../data-error.ts'

/** Where venues are asked instead of at their own addresses: mirrors, proxies, test servers. */
export interface Origins {
  readonly rest?: Partial<Record<Venue, string>>
  /** Binance's public archive. */
  readonly archive?: string
  readonly stream?: Partial<Record<Venue, string>>
}

/**
 * Reads `KLINELAB_URL_BINANCE`, `KLINELAB_URL_BINANCE_USDM`, … `KLINELAB_URL_BINANCE_ARCHIVE` and `KLINELAB_WS_BINANCE`, ….
 * @throws DataError that names the variable and says what it has to be
 */
export function originsOf(env: Readonly<Record<string, string | undefined>>): Origins {
  const named = (kind: string, what: string, schemes: readonly string[]) => {
    const name = `KLINELAB_${kind}_${what.toUpperCase().replaceAll('-', '_')}`
    const text = env[name]
    return text === undefined || text === '' ? undefined : checkedUrl(name, text, schemes)
  }
  const each = (kind: string, schemes: readonly string[]): Partial<Record<Venue, string>> => {
    const found: Partial<Record<Venue, string>> = {}
    for (const venue of VENUES) {
      const url = named(kind, venue, schemes)
      if (url !== undefined) found[venue] = url
    }
    return found
  }
  const archive = named('URL', 'binance-archive', ['http:', 'https:'])
  return {
    rest: each('URL', ['http:', 'https:']),
    stream: each('WS', ['ws:', 'wss:']),
    ...(archive === undefined ? {} : { archive }),
  }
}

/** An address that is none may have a password in it all the same, or a token behind its path. */
function discreet(text: string): string {
  return text.replace(/^([a-z]+:\/\/)?.*@/is, '$1…@').replace(/([?#]).*$/s, '$1…')
}

/** Without the slash at its end. A proxy's address may have a path; a name and password would stand in every message. */
function checkedUrl(name: string, text: string, schemes: readonly string[]): string {
  const wanted = `an address such as ${schemes.at(-1)}//mirror.example, with nothing behind its path`
  const url = URL.canParse(text) ? new URL(text) : null
  if (url !== null && (url.username !== '' || url.password !== ''))
    throw new DataError(`${name} has a name or password in it, which would show in messages: leave them out`)
  if (url === null || !schemes.includes(url.protocol) || url.search !== '' || url.hash !== '')
    throw new DataError(`${name} is "${discreet(text)}", not ${wanted}`)
  return url.href.replace(/\/+$/, '')
}
