import { connect, type Socket } from 'node:net'

/**
 * One end of a ZeroMQ connection over TCP, as much of ZMTP 3.0 (rfc.zeromq.org/spec/23) as a Jupyter client needs: the NULL
 * mechanism, messages of several parts. An addon would weigh 40 MB and be built for some machines only.
 */
export class ZmtpSocket {
  readonly #socket: Socket
  readonly #onMessage: (parts: readonly Buffer[]) => void
  readonly #ready = Promise.withResolvers<void>()
  #rest: Buffer = Buffer.alloc(0)
  #isGreeted = false
  #parts: Buffer[] = []

  private constructor(socket: Socket, kind: 'DEALER' | 'SUB', onMessage: (parts: readonly Buffer[]) => void) {
    this.#socket = socket
    this.#onMessage = onMessage
    socket.on('data', (data: Buffer) => this.#read(data))
    socket.on('error', (error) => this.#ready.reject(error))
    socket.on('close', () => this.#ready.reject(new Error('the kernel closed the connection before it was greeted')))
    socket.write(GREETING)
    socket.write(framed(0x04, Buffer.concat([short('READY'), property('Socket-Type', kind), property('Identity', '')])))
  }

  /** Connects to a port of this machine; resolves when the other end has shaken hands. */
  static async connect(
    port: number,
    kind: 'DEALER' | 'SUB',
    onMessage: (parts: readonly Buffer[]) => void,
  ): Promise<ZmtpSocket> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    const one = new ZmtpSocket(socket, kind, onMessage)
    await one.#ready.promise
    // a subscription to everything is a message of its own in 3.0
    if (kind === 'SUB') one.send([Buffer.from([1])])
    return one
  }

  send(parts: readonly Buffer[]): void {
    for (const [k, part] of parts.entries()) this.#socket.write(framed(k < parts.length - 1 ? 0x01 : 0x00, part))
  }

  end(): void {
    this.#socket.destroy()
  }

  #read(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data])
    if (!this.#isGreeted) {
      if (this.#rest.length < GREETING.length) return
      this.#isGreeted = true
      this.#rest = this.#rest.subarray(GREETING.length)
    }
    for (let frame = frameOf(this.#rest); frame !== null; frame = frameOf(this.#rest)) {
      this.#rest = this.#rest.subarray(frame.length)
      const { flags, body } = frame
      // the only command there can be is its READY
      if ((flags & 0x04) !== 0) this.#ready.resolve()
      else {
        this.#parts.push(body)
        if ((flags & 0x01) === 0) this.#onMessage(this.#parts.splice(0))
      }
    }
  }
}

/** Signature, version 3.0, mechanism, not a server, filler. */
const GREETING = Buffer.concat([
  Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0]),
  Buffer.from('NULL'.padEnd(20, '\0')),
  Buffer.alloc(32),
])

function framed(flags: number, body: Buffer): Buffer {
  if (body.length < 256) return Buffer.concat([Buffer.from([flags, body.length]), body])
  const head = Buffer.alloc(9)
  head[0] = flags | 0x02
  head.writeBigUInt64BE(BigInt(body.length), 1)
  return Buffer.concat([head, body])
}

/** The first frame of what has come; `null` while it is not whole. */
function frameOf(data: Buffer): { readonly flags: number; readonly body: Buffer; readonly length: number } | null {
  if (data.length < 2) return null
  const flags = data[0]!
  const isLong = (flags & 0x02) !== 0
  const head = isLong ? 9 : 2
  if (data.length < head) return null
  const length = head + (isLong ? Number(data.readBigUInt64BE(1)) : data[1]!)
  return data.length < length ? null : { flags, body: data.subarray(head, length), length }
}

function short(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])
}

function property(name: string, value: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(value.length)
  return Buffer.concat([short(name), length, Buffer.from(value)])
}
