/** The strategy's own code failed: the message says which strategy, at which bar, where in the file, with what inputs. */
export class StrategyError extends Error {
  override readonly name = 'StrategyError'
}

/** Where klinelab itself lies: `…/src/` in a checkout, `…/dist/` in the package. */
const OWN = new URL('..', import.meta.url).href

/** First frame of a stack that is user code: `file:line:column`, or nothing. */
export function userFrame(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  for (const line of stack.split('\n').slice(1)) {
    const place = /[\s(]((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*:\d+:\d+)\)?$/.exec(line.trimEnd())?.[1]
    if (place === undefined) continue
    const path = place.replace(/^file:\/\//, '')
    if (!path.startsWith(OWN.replace(/^file:\/\//, '')) && !/[\\/]node_modules[\\/]/.test(path)) return path
  }
  return ''
}
