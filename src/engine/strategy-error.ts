/** The strategy's own code failed: the message says which strategy, at which bar, where in the file, with what inputs. */
export class StrategyError extends Error {
  override readonly name = 'StrategyError'
}

/** First frame of a stack that is user code: `file:line:column`, or nothing. */
export function userFrame(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  for (const line of stack.split('\n').slice(1)) {
    const place = /\(?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*:\d+:\d+)\)?$/.exec(line.trim())?.[1]
    if (place === undefined || /[\\/](src|dist)[\\/](engine|core|indicators|runs)[\\/]/.test(place)) continue
    return place.replace(/^file:\/\//, '')
  }
  return ''
}
