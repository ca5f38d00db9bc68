import { afterEach } from 'vitest'
import { MINUTE, PlayedVenue, T0 } from './played-venue.ts'

/** So many minutes into the scene, UTC ms. */
export const at = (minutes: number) => T0 + minutes * MINUTE

/** Plays venues for the tests of a file, and ends them after each. */
export function playing(): (...args: ConstructorParameters<typeof PlayedVenue>) => PlayedVenue {
  const open: PlayedVenue[] = []
  afterEach(() => Promise.all(open.splice(0).map((venue) => venue.stream.close())))
  return (...args) => {
    const venue = new PlayedVenue(...args)
    open.push(venue)
    return venue
  }
}

/** The connection is there. */
export async function up(venue: PlayedVenue): Promise<void> {
  await venue.clock.moveTo(venue.clock.now())
  venue.feed.connected()
}
