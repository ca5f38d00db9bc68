import { DataError } from '../data/data-error.ts'
import { type OriginNeeds, type Origins, originsOf } from '../data/venues/origins.ts'
import { UsageError } from './usage-error.ts'

/**
 * Where these venues are asked instead of at their own addresses.
 * @throws UsageError for a variable of theirs that is no address
 */
export function originsFor(env: Readonly<Record<string, string | undefined>>, needs: OriginNeeds): Origins {
  try {
    return originsOf(env, needs)
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    throw new UsageError(error.message, { cause: error })
  }
}
