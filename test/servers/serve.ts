/** Plays the venues until it is killed, for tests that wait for a shell: says where on its first line. */
import { startVenueServer } from './venue-server.ts'

const { origin } = await startVenueServer({ now: () => Date.now() })
process.stdout.write(`${origin}\n`)
