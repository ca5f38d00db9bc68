import { RequestError } from './request.ts'
import type { Slot } from './slot.ts'
import { snapshot } from './view.ts'

/** The strategy's own code failed: the message says which strategy, at which bar, where in the file, with what inputs. */
export class StrategyError extends Error {
  override readonly name = 'StrategyError'
}

/** What went wrong, with everything needed to see why; `at` is when the last bar closed, as text. */
export function failureOf(
  error: unknown,
  of: { readonly strategy: string; readonly at: string; readonly slot: Slot | null; readonly params: object },
): StrategyError {
  const { strategy, at, slot, params } = of
  const reason = error instanceof Error ? error.message : String(error)
  // a request is checked after the hook has returned, when none of its frames is left
  const where = error instanceof RequestError ? '' : userFrame(error)
  const inputs = slot === null ? '' : ` Inputs: ${inputsText(slot, params)}.`
  const what =
    error instanceof RequestError ? reason : `threw ${error instanceof Error ? error.name : typeof error}: ${reason}`
  const on = slot === null ? '' : `, ${slot.symbol}`
  return new StrategyError(
    `strategy ${strategy} (bar closed ${at}${on}) ${what}${where === '' ? '' : `, at ${where}`}.${inputs}`,
    { cause: error },
  )
}

/** Where klinelab itself lies: `…/src/` in a checkout, `…/dist/` in the package. */
const OWN = pathOf(new URL('..', import.meta.url).href)

/** A URL has blanks and umlauts as percents, by which nobody finds the file. */
function pathOf(place: string): string {
  if (!place.startsWith('file://')) return place
  const path = place.slice('file://'.length)
  try {
    return decodeURIComponent(path)
  } catch {
    // a name that somebody gave to code of his own (sourceURL) may be no URL
    return path
  }
}

/** First frame of a stack that is user code: `file:line:column`, or nothing. */
export function userFrame(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  for (const line of stack.split('\n').slice(1)) {
    const place = /[\s(]((?:file:\/\/|\/|[A-Za-z]:\\).*:\d+:\d+)\)?$/.exec(line.trimEnd())?.[1]
    // of code that was made of a text the line that made it comes next
    if (place === undefined || line.includes('(eval at ')) continue
    const path = pathOf(place)
    if (!path.startsWith(OWN) && !/[\\/]node_modules[\\/]/.test(path)) return path
  }
  return ''
}

/** What the strategy was shown, as an error quotes it. */
function inputsText(slot: Slot, params: object): string {
  if (!slot.hasBegun) return JSON.stringify({ params })
  const round = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
  return JSON.stringify(
    {
      bar: snapshot(slot.bar, ['openTime', 'open', 'high', 'low', 'close', 'volume']),
      ind: slot.ind,
      models: JSON.stringify(slot.models) === '{}' ? undefined : slot.models,
      position: { qty: slot.position.qty },
      params,
    },
    round,
  )
}
