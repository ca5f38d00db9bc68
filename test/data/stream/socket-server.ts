import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

interface SocketServerOptions {
  /** What a client says, as JSON where it is some. */
  onMessage?(said: Record<string, unknown>, socket: WebSocket): void
  onOpen?(socket: WebSocket): void
  /** Any that is free, unless told. */
  readonly port?: number
  /** REST on the same port. */
  onRequest?(path: string, origin: string): unknown
}

/** A websocket server on 127.0.0.1, with what may happen to its connections. */
export interface SocketServer {
  /** `ws://127.0.0.1:PORT`; REST under `http`. */
  readonly origin: string
  readonly restOrigin: string
  /** Paths that were connected to, in order. */
  readonly paths: readonly string[]
  /** Everything that clients said. */
  readonly said: readonly Record<string, unknown>[]
  readonly open: number
  send(message: object | string): void
  /** Cuts every connection. */
  drop(): void
  /** Connections stay, and nothing comes any more: no frame, no pong, no close. */
  freeze(): void
  close(): Promise<void>
}

export async function startSocketServer(options: SocketServerOptions = {}): Promise<SocketServer> {
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const answer = options.onRequest?.(request.url!, restOrigin)
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? {}))
  })
  const sockets = new WebSocketServer({ server, autoPong: false })
  const [paths, said]: [string[], Record<string, unknown>[]] = [[], []]
  const frozen = new WeakSet<WebSocket>()
  sockets.on('connection', (socket, request) => {
    paths.push(request.url!)
    socket.on('ping', (data) => {
      if (!frozen.has(socket)) socket.pong(data)
    })
    socket.on('message', (data) => {
      if (frozen.has(socket)) return
      const message = JSON.parse(String(data)) as Record<string, unknown>
      said.push(message)
      options.onMessage?.(message, socket)
    })
    options.onOpen?.(socket)
  })
  await new Promise<void>((ready) => server.listen(options.port ?? 0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  const restOrigin = `http://127.0.0.1:${port}`
  const living = () => [...sockets.clients].filter((socket) => !frozen.has(socket) && socket.readyState === socket.OPEN)
  return {
    origin: `ws://127.0.0.1:${port}`,
    restOrigin,
    paths,
    said,
    get open() {
      return sockets.clients.size
    },
    send: (message) => {
      for (const socket of living()) socket.send(typeof message === 'string' ? message : JSON.stringify(message))
    },
    drop: () => {
      for (const socket of sockets.clients) socket.terminate()
    },
    freeze: () => {
      for (const socket of sockets.clients) frozen.add(socket)
    },
    close: async () => {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await new Promise((closed) => sockets.close(closed))
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** Waits for what another process, or a socket, brings about. */
export async function until(isSo: () => boolean, what = String(isSo)): Promise<void> {
  for (const end = performance.now() + 8_000; !isSo(); ) {
    if (performance.now() > end) throw new Error(`did not come: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
