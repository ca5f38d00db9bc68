import type { Venue } from '../../core/series.ts'
import { DataError } from '../data-error.ts'
import { BINANCE } from './binance.ts'
import { BINANCE_USDM } from './binance-usdm.ts'
import type { VenueApi } from './venue.ts'

const APIS: Readonly<Partial<Record<Venue, VenueApi>>> = {
  binance: BINANCE,
  'binance-usdm': BINANCE_USDM,
}

/** All that is known of a venue: how it is asked, and how its answers are read. */
export function venueApi(venue: Venue): VenueApi {
  const api = APIS[venue]
  if (api === undefined) throw new DataError(`${venue}: cannot be asked yet; import its files instead`)
  return api
}
