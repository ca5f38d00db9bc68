import type { Server } from 'node:net'

/** A port of an address, or a socket's path. */
type Where = { readonly host: string; readonly port: number } | { readonly path: string }

/** Resolves when a server listens. @throws what the place says, such as EADDRINUSE; what goes wrong later is told by the server's own events */
export function listen(server: Server, where: Where): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
