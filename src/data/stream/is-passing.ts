import { VenueError } from '../http/venue-error.ts'

/** What does not pass by waiting: no such market, a question that is wrong, a firewall, the law. */
const HOPELESS: readonly string[] = ['symbol', 'request', 'blocked', 'legal']

/** Whether to ask again. Errors of the venue's side that are no VenueError are bugs; they end the series rather than being asked again for ever. */
export function isPassing(error: unknown): boolean {
  if (error instanceof VenueError) return !HOPELESS.includes(error.facts.kind)
  return error instanceof Error && error.name === 'VenueContentError'
}
