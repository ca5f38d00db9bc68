import type { Venue } from '../../core/series.ts'
import { BINANCE } from './binance.ts'
import { BINANCE_USDM } from './binance-usdm.ts'
import { COINBASE } from './coinbase.ts'
import { KRAKEN } from './kraken.ts'
import { KUCOIN } from './kucoin.ts'
import type { VenueApi } from './venue.ts'

const APIS: Readonly<Record<Venue, VenueApi>> = {
  binance: BINANCE,
  'binance-usdm': BINANCE_USDM,
  coinbase: COINBASE,
  kraken: KRAKEN,
  kucoin: KUCOIN,
}

/** All that is known of a venue: how it is asked, and how its answers are read. */
export function venueApi(venue: Venue): VenueApi {
  return APIS[venue]
}
