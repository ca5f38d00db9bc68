import { WebSocket } from 'ws'

/** A websocket of a test, and every frame that it has heard. */
export interface Heard {
  readonly socket: WebSocket
  readonly frames: Record<string, unknown>[]
  /** Resolves when so many frames are there, fails after a while. */
  until(count: number): Promise<void>
  ask(message: unknown): void
  readonly closed: Promise<{ code: number; reason: string }>
}

export async function listen(url: string): Promise<Heard> {
  const socket = new WebSocket(url)
  const frames: Record<string, unknown>[] = []
  socket.on('message', (data) => frames.push(JSON.parse(String(data))))
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
  )
  await new Promise((resolve, reject) => {
    socket.on('open', resolve)
    socket.on('error', reject)
  })
  return {
    ...{ socket, frames, closed },
    ask: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    until: async (count) => {
      for (let k = 0; frames.length < count; k++) {
        if (k > 200) throw new Error(`${frames.length} frames came, ${count} were expected: ${JSON.stringify(frames)}`)
        await quiet(10)
      }
    },
  }
}

export function quiet(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
