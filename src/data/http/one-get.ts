import { type IncomingMessage, get as plainGet } from 'node:http'
import { get as secureGet } from 'node:https'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip } from 'node:zlib'

/** What is taken off an answer again; venues pack a page of bars to a third. */
const UNPACK: Readonly<Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  br: promisify(brotliDecompress),
}

/**
 * Sends one GET; redirects are answers. By Node's own client and not by `fetch`, whose streams take three times the processor time of a
 * page of bars. Connections are kept, and a proxy that the environment names (`NODE_USE_ENV_PROXY`) is gone through, as by `fetch`.
 * @throws what the signal or the system says
 */
export function oneGet(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const get = url.protocol === 'https:' ? secureGet : plainGet
  const said = { accept: '*/*', 'accept-encoding': Object.keys(UNPACK).join(', '), ...headers }
  return new Promise((resolve, reject) => {
    get(url, { headers: said, signal }, resolve)
      .on('error', reject)
      // a socket that speaks something else from here on is nobody's: neither answer nor error would come
      .on('upgrade', (_, socket) => {
        socket.destroy()
        reject(new Error('the server switched to another protocol, which nobody asked for'))
      })
      .on('close', () => reject(new Error('the connection was closed without an answer')))
  })
}

/** The bytes of an answer, unpacked; `null` where there are more than `most`: the connection is ended then. */
export async function bytesOf(message: IncomingMessage, most: number): Promise<Buffer | null> {
  const bytes = await bytesAsTheyCame(message, most)
  const unpack = UNPACK[message.headers['content-encoding']?.toLowerCase() ?? '']
  if (bytes === null || bytes.length === 0 || unpack === undefined) return bytes
  try {
    return await unpack(bytes, { maxOutputLength: most })
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return null
    throw problem
  }
}

function bytesAsTheyCame(message: IncomingMessage, most: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    message.on('data', (chunk: Buffer) => {
      length += chunk.length
      chunks.push(chunk)
      if (length <= most) return
      resolve(null)
      message.destroy()
    })
    message.on('end', () => resolve(Buffer.concat(chunks, length)))
    message.on('error', reject)
  })
}
