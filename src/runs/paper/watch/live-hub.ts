import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'

export interface LiveHubOptions {
  /** Everything that a page shows, for one that has nothing yet. */
  readonly whole: () => unknown
  /** Between two signs of life, ms: proxies end connections that are silent. Built in: 15 s. */
  readonly heartbeat?: number
}

/** Messages that a page which lost its connection may have missed and still gets. */
const KEPT = 100
const MOST = 32
/** Bytes that a reader may lag behind before it has to come again. */
const LAG = 4_000_000
/** After which a page comes again, ms. */
const RETRY = 2_000

/** Server-sent events to every page that is open. */
export class LiveHub {
  readonly #whole: () => unknown
  /** Of this process: its numbers are no other's. */
  readonly #epoch = randomBytes(4).toString('hex')
  readonly #readers = new Set<ServerResponse>()
  readonly #heart: NodeJS.Timeout
  #kept: { readonly n: number; readonly text: string }[] = []
  #n = 0

  constructor({ whole, heartbeat = 15_000 }: LiveHubOptions) {
    this.#whole = whole
    this.#heart = setInterval(() => this.#write(`: so far\nevent: beat\ndata: ${Date.now()}\n\n`), heartbeat)
    this.#heart.unref()
  }

  get readers(): number {
    return this.#readers.size
  }

  send(event: string, data: unknown): void {
    const n = ++this.#n
    const text = this.#message(event, data, n)
    this.#kept.push({ n, text })
    if (this.#kept.length > KEPT) this.#kept.shift()
    this.#write(text)
  }

  /**
   * Everything, or what came since the message that the page had last.
   * @param last the id of that message
   * @returns false where there is no room for another page
   */
  connect(response: ServerResponse, headers: Readonly<Record<string, string>>, last: string | null): boolean {
    if (this.#readers.size >= MOST) return false
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' })
    response.write(`retry: ${RETRY}\n\n`)
    const missed = this.#since(last)
    if (missed === null) response.write(this.#message('whole', this.#whole(), this.#n))
    else for (const { text } of missed) response.write(text)
    this.#readers.add(response)
    response.on('close', () => this.#readers.delete(response))
    return true
  }

  close(): void {
    clearInterval(this.#heart)
    for (const reader of this.#readers) reader.end()
  }

  /** `null` where more was missed than is kept. */
  #since(last: string | null): readonly { readonly text: string }[] | null {
    const [epoch, text] = (last ?? '').split('.')
    const n = Number(text)
    if (epoch !== this.#epoch || !Number.isInteger(n) || n > this.#n) return null
    const missed = this.#kept.filter((one) => one.n > n)
    return missed.length === this.#n - n ? missed : null
  }

  #message(event: string, data: unknown, n: number): string {
    return `id: ${this.#epoch}.${n}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
  }

  #write(text: string): void {
    for (const reader of this.#readers) {
      if (reader.writableLength > LAG) reader.destroy()
      else reader.write(text)
    }
  }
}
