import { closeTimeOf, DAY, openTimeOf } from '../../core/interval.ts'
import type { Series, Venue } from '../../core/series.ts'
import { VenueError } from '../http/venue-error.ts'
import { sha256 } from '../manifest.ts'
import type { Stretch } from './batch.ts'

/** https://github.com/binance/binance-public-data */
export const ARCHIVE_ORIGIN = 'https://data.binance.vision'

/** Asks the archive, as patiently as venues are asked. */
export interface ArchiveHttp {
  /** The bytes of a file; `null` where there is no such file. */
  get(path: string, signal?: AbortSignal): Promise<Uint8Array | null>
}

/** A file of the archive, whether it is there or not, and the open times it holds. */
export interface ArchiveFile extends Stretch {
  readonly path: string
  readonly name: string
}

/** Whether a venue has an archive. */
export function hasArchive(venue: Venue): boolean {
  return venue === 'binance' || venue === 'binance-usdm'
}

/** Months, or days, of the archive that touch a stretch and have ended. */
export function filesOf(
  series: Pick<Series, 'venue' | 'symbol'> & { readonly interval: Series['interval'] | 'fundingRate' },
  period: 'monthly' | 'daily',
  stretch: Stretch,
  now: number,
): ArchiveFile[] {
  const { venue, interval } = series
  const symbol = series.symbol.replace(/@mark$/, '')
  const kind = interval === 'fundingRate' ? interval : series.symbol === symbol ? 'klines' : 'markPriceKlines'
  const market = venue === 'binance' ? 'spot' : 'futures/um'
  const step = period === 'monthly' ? '1M' : '1d'
  // file names know no case everywhere: months are 1mo
  const folder = interval === '1M' ? '1mo' : interval
  const files: ArchiveFile[] = []
  for (let from = openTimeOf(stretch.from, step); from < stretch.to; ) {
    const to = closeTimeOf(from, step)
    const date = new Date(from).toISOString().slice(0, period === 'monthly' ? 7 : 10)
    const name = `${symbol}-${folder}-${date}.zip`
    const inside = interval === 'fundingRate' ? '' : `${folder}/`
    if (to <= now) files.push({ path: `/data/${market}/${period}/${kind}/${symbol}/${inside}${name}`, name, from, to })
    from = to
  }
  return files
}

/** What became of a file: its bytes, or why there are none. */
export type Fetched = { readonly raw: Buffer; readonly sha256: string } | 'known' | 'absent'

/**
 * Fetches a file if it is another than the one that is known by name and hash. One that is not what its CHECKSUM says is asked for
 * once more, with the CHECKSUM: it may have been replaced in between.
 * @throws VenueError for bytes that are not those that the archive states
 */
export async function fetchFile(
  http: ArchiveHttp,
  venue: Venue,
  { path, name }: ArchiveFile,
  isKnown: (sha256: string) => boolean,
  signal?: AbortSignal,
): Promise<Fetched> {
  let told = ''
  for (let attempt = 0; attempt < 2; attempt++) {
    const checksum = await http.get(`${path}.CHECKSUM`, signal)
    if (checksum === null) return 'absent'
    const text = Buffer.from(checksum).toString('latin1')
    const stated = /^([0-9a-f]{64})\s+\*?(\S+)\s*$/i.exec(text)
    if (stated === null || stated[2] !== name) {
      told = `${path}.CHECKSUM does not say the hash of ${name}; it begins with "${text.slice(0, 60).replace(/[^\x20-\x7e]/g, '?')}"`
      continue
    }
    const hash = stated[1]!.toLowerCase()
    if (isKnown(hash)) return 'known'
    const bytes = await http.get(path, signal)
    if (bytes === null) return 'absent'
    const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const found = sha256(raw)
    if (found === hash) return { raw, sha256: hash }
    told = `${path} has the sha256 ${found.slice(0, 12)}…, its CHECKSUM says ${hash.slice(0, 12)}…`
  }
  throw new VenueError(
    `${venue}: the archive's file is damaged: ${told}; asked twice. Try again later, or fetch without the archive.`,
    { kind: 'content', venue, path, status: 200, code: null, said: null, until: null },
  )
}

/** Months that may not be there yet although they have ended: the archive makes them in the first days of the next. */
export function isYoung(file: ArchiveFile, now: number): boolean {
  return file.to > now - 40 * DAY
}
