import { timeName } from '../../core/time.ts'
import type { Answer } from '../venues/venue.ts'
import { VenueError, type VenueErrorFacts, type VenueErrorKind } from './venue-error.ts'

/** What to do about it. */
const ADVICE: Readonly<Record<VenueErrorKind, string>> = {
  limit: 'it takes no more from this address for now; ask again later, or stop other programs here that ask it too',
  banned:
    'it has banned this address for asking too much, and asking before the ban ends makes it longer; ask again when it is over',
  blocked:
    'it, or something on the way to it, turns this address away, which waiting does not mend; ask from another address, or import files instead',
  legal: 'it does not serve the place that this address is in; ask from where it may be asked, or import files instead',
  symbol: 'it has no such market; write the symbol as the venue does',
  clock:
    'by its clock the request was signed too early or too late; set the clock of this machine (NTP), or mend a line that is slower than a minute, then ask again',
  key: 'it refuses the key: look whether KLINELAB_BINANCE_KEY and KLINELAB_BINANCE_SECRET are those of one key of this venue that still holds, may read, and may be used from this address',
  request:
    'it does not take what was asked; if the series and times are right, its interface has changed: please report it',
  server: 'it is out of order; ask again later, and what is stored already is kept',
  network:
    'check the connection, a proxy in between and the clock of this machine, then ask again: what is stored already is kept',
  content: 'the answer is not what its documentation promises; ask again later, and if it stays so please report it',
  patience: 'allow it more time, or ask again later: what is stored already is kept',
}

/** Of a venue's words. */
const MOST_QUOTED = 300

/** The error of a request that is given up: who was asked what, what came back, and what to do. */
export function complaint(why: string, facts: VenueErrorFacts): VenueError {
  const { venue, path, status, code, said, until, kind } = facts
  const stated = status === null || why.startsWith(String(status)) ? why : `${status}, ${why}`
  const words = [code, said].filter((word) => word !== null && word !== '').join(' ')
  const quoted = words.replace(/\p{Cc}+/gu, ' ').slice(0, MOST_QUOTED)
  const spoken = quoted === '' ? '' : `, it says "${quoted}"`
  const end = until === null ? '' : `, until ${timeName(until)}`
  return new VenueError(`${venue}: GET ${path}: ${stated}${spoken}${end}: ${ADVICE[kind]}`, facts)
}

/** Of a page. */
const MOST_READ = 4000

/** What a refusal says that is not written as the venue writes its errors: a firewall's page, an archive's XML. `null`: nothing. */
export function wordsIn(status: number, { body }: Pick<Answer, 'body'>): string | null {
  if (status < 400) return null
  const text = body
    .slice(0, MOST_READ)
    .replace(/<(script|style)\b.*?<\/\1>|<[^>]*>/gis, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return text === '' ? null : text
}
