import { VenueError } from '../http/venue-error.ts'
import { type HttpOptions, openVenueHttp } from '../http/venue-http.ts'
import { BINANCE } from '../venues/binance.ts'
import type { VenueApi } from '../venues/venue.ts'
import { ARCHIVE_ORIGIN, type ArchiveHttp } from './archive-files.ts'

/** Months of minutes have 2 to 3 MB: a slow line takes its time. */
const TIMEOUT = 180_000

/** The archive limits nobody. */
const ARCHIVE: VenueApi = {
  ...BINANCE,
  origin: ARCHIVE_ORIGIN,
  limits: { weight: 1, window: 1000, usedHeader: null, parallel: 8 },
}

/** Asks Binance's archive, with the patience that venues are asked with. */
export function openArchiveHttp(options: HttpOptions = {}): ArchiveHttp {
  const http = openVenueHttp(ARCHIVE, { timeout: TIMEOUT, ...options, isUnlimited: true })
  return {
    async get(path, signal) {
      try {
        return await http.get({ path, query: {}, weight: 0, isFile: true }, ({ bytes }) => bytes!, signal)
      } catch (error) {
        if (error instanceof VenueError && error.facts.status === 404) return null
        throw error
      }
    },
  }
}
