import { givenText } from '../core/given-text.ts'
import { UsageError } from './usage-error.ts'

/** What an option of a script has to be, whichever function it is of. */
interface Kind {
  readonly isRight: (value: unknown) => boolean
  /** What to write. */
  readonly text: string
}

const isText = (value: unknown) => typeof value === 'string'
const isTextOrNone = (value: unknown) => value === null || isText(value)
const isObject = (value: unknown) => value === null || (typeof value === 'object' && !Array.isArray(value))

const FOLDER: Kind = { isRight: isText, text: 'the path of a folder' }
const SWITCH: Kind = { isRight: (value) => typeof value === 'boolean', text: 'true or false' }
const FUNCTION: Kind = { isRight: (value) => typeof value === 'function', text: 'a function' }

/** Numbers and words have checks of their own, which know their bounds. */
const KINDS: Readonly<Record<string, Kind>> = {
  store: FOLDER,
  out: FOLDER,
  ledger: { isRight: isText, text: 'the path of a file' },
  benchmark: { isRight: isText, text: "a series such as 'binance:BTCUSDT:1h'" },
  data: {
    isRight: (value) => [value].flat().every(isText),
    text: "a series such as 'binance:BTCUSDT:1h', or a list of them",
  },
  detail: { isRight: isTextOrNone, text: "an interval such as '1m'" },
  feeTier: { isRight: isTextOrNone, text: "a step of the venue's schedule, such as 'VIP1'" },
  risk: { isRight: isObject, text: 'an object such as { maxDrawdown: 0.2 }' },
  signal: { isRight: (value) => value instanceof AbortSignal, text: "an AbortController's signal" },
  ...of(SWITCH, 'closeAtEnd allowInSample stress write limitTouch noCosts resume anchored barsOnly'),
  ...of(FUNCTION, 'onTrials onTraining onProgress'),
}

function of(kind: Kind, names: string): Readonly<Record<string, Kind>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, kind]))
}

/** @throws UsageError that names the function and the first option that is something else than it has to be */
export function checkKinds(name: string, options: object): void {
  for (const [key, value] of Object.entries(options)) {
    const kind = Object.hasOwn(KINDS, key) ? KINDS[key]! : null
    if (value === undefined || kind === null || kind.isRight(value)) continue
    throw new UsageError(`${name}: ${key} is ${givenText(value)}; write ${kind.text}`)
  }
}
