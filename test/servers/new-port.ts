import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const had = new Set<number>()

/**
 * Listens where no server of this process has listened, and says its address. What a venue allows is kept for as long as the
 * process lives, by the venue's address: a port that comes again would bring the ban of another test, or of another file.
 */
export async function listenAnew(server: Server): Promise<string> {
  for (;;) {
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    const { port } = server.address() as AddressInfo
    if (!had.has(port)) {
      had.add(port)
      return `http://127.0.0.1:${port}`
    }
    await new Promise((closed) => server.close(closed))
  }
}
