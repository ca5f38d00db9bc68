/** Roads of USDS-M's websockets; `legacy`: the bare paths that were shut in 2026, deaf since; `spot` has one road for everything. */
type SocketRoad = 'market' | 'public' | 'private' | 'legacy' | 'spot'

/** What the address of a websocket asks for. */
export interface StreamPath {
  readonly road: SocketRoad
  /** Frames have the stream's name about them: decided by the path alone. */
  readonly isWrapped: boolean
  /** Streams, and listenKeys, that are named in it. */
  readonly names: readonly string[]
  /** User events that are wanted; `null`: all. */
  readonly events: ReadonlySet<string> | null
}

const PATH = /^(?:\/(market|public|private))?\/(ws|stream)(?:\/(.*))?$/

/** `null` for a path that the exchange does not have. */
export function parseStreamPath(url: string, kind: 'usdm' | 'spot'): StreamPath | null {
  const at = url.indexOf('?')
  const path = at < 0 ? url : url.slice(0, at)
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
  const match = PATH.exec(path)
  if (match === null || (kind === 'spot' && match[1] !== undefined)) return null
  const listed = [match[3] ?? '', query.get('streams') ?? '', query.get('listenKey') ?? '']
  const events = query.get('events')
  return {
    road: kind === 'spot' ? 'spot' : ((match[1] as SocketRoad | undefined) ?? 'legacy'),
    isWrapped: match[2] === 'stream',
    names: listed.flatMap((text) => decoded(text).split('/')).filter((name) => name !== ''),
    events: events === null ? null : new Set(events.split('/')),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
