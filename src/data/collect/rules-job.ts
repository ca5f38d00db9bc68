import type { Store } from '../store.ts'
import type { VenueHttp } from '../venues/venue.ts'
import type { ArchiveHttp } from './archive-files.ts'
import type { Listings } from './find-listing.ts'
import type { ApiKey } from './signed-ask.ts'

/** What is fetched beside bars: from whom, and into what. */
export interface RulesJob {
  readonly store: Store
  readonly http: VenueHttp
  /** Wall clock, UTC ms. */
  readonly clock: () => number
  /** What the venue has said already of the markets that it lists. */
  readonly known?: Listings
  /** Where funding of markets comes from that the venue lists no more. */
  readonly archive?: ArchiveHttp | null
  /** Of an account with Binance, which tells its leverage tiers to accounts only. */
  readonly key?: ApiKey | null
}
