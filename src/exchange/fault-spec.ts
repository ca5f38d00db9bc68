import { didYouMean, nearest } from '../core/suggest.ts'
import { ACCOUNT_FAULTS, FAULT_KINDS, type FaultKind, FRAME_FAULTS, REQUEST_FAULTS } from './fault-kinds.ts'
import { isRoute } from './fault-match.ts'

/** When a fault happens, and what it needs to know. */
export interface FaultSpec {
  readonly kind: FaultKind
  /** Of requests: `POST /fapi/v1/order`, `/fapi/v1/klines`, `DELETE *`; all where absent. */
  readonly route?: string
  /** Of frames: the stream's name, its beginning with `*`, or the event's `e`; all where absent. */
  readonly stream?: string
  /** Of what befalls the account: one symbol; all where absent. */
  readonly symbol?: string
  /** Of conditional orders: `STOP_MARKET`, `TAKE_PROFIT*`; all where absent. */
  readonly type?: string
  /** The nth that matches, from 1; with `times` also those after it. */
  readonly nth?: number
  /** Chance of each that matches. */
  readonly p?: number
  /** How often at most; once where `nth` is given, else without end. */
  readonly times?: number
  readonly ms?: number
  readonly steps?: number
  /** Seconds of Retry-After. */
  readonly seconds?: number
  readonly count?: number
  /** Share of a position, above 0 and up to 1. */
  readonly part?: number
  readonly code?: number
  readonly msg?: string
  readonly status?: number
  readonly tick?: string
  readonly step?: string
  readonly notional?: string
}

const NUMBERS = ['nth', 'p', 'times', 'ms', 'steps', 'seconds', 'count', 'part', 'code', 'status'] as const
const TEXTS = ['route', 'stream', 'symbol', 'type', 'msg', 'tick', 'step', 'notional'] as const

/** What faults of one sort are matched by, and no others: a fault that could never happen would go unnoticed. */
const MATCHED_BY: readonly { readonly name: keyof FaultSpec; readonly kinds: Readonly<Record<string, string>> }[] = [
  { name: 'route', kinds: REQUEST_FAULTS },
  { name: 'stream', kinds: FRAME_FAULTS },
  { name: 'symbol', kinds: ACCOUNT_FAULTS },
  { name: 'type', kinds: { 'trigger-rejected': '', orphan: '' } },
  { name: 'part', kinds: { adl: '' } },
]

/**
 * Reads `kind,name=value,…`, such as `unknown,route=POST /fapi/v1/order,nth=2`.
 * @throws RangeError that quotes it, and says which part is wrong and what is known
 */
export function parseFault(text: string): FaultSpec {
  const [kind = '', ...rest] = text.split(',')
  const wrong = (why: string) => new RangeError(`"${text}": ${why}`)
  const given: [string, string | number][] = rest.map((one) => {
    const at = one.indexOf('=')
    if (at < 1) throw wrong(`"${one}" is not allowed; write name=value, such as ${exampleOf(one)}`)
    const [name, value] = [one.slice(0, at).trim(), one.slice(at + 1)]
    if (!(NUMBERS as readonly string[]).includes(name)) return [name, value]
    if (value.trim() === '' || Number.isNaN(Number(value))) throw wrong(`${name} "${value}" of a fault is no number`)
    return [name, Number(value)]
  })
  try {
    return checkFault({ kind: kind.trim(), ...Object.fromEntries(given) })
  } catch (error) {
    throw wrong((error as Error).message)
  }
}

/** A fault as plain data, and as text. */
const FAULT_EXAMPLE =
  '{"kind": "unknown", "route": "POST /fapi/v1/order", "nth": 2}, or as --fault has it unknown,route=POST /fapi/v1/order,nth=2'

/**
 * Reads a fault as plain data, or as the text of `parseFault`.
 * @throws RangeError that says what is expected
 */
export function readFault(body: string): FaultSpec {
  const text = body.trim()
  if (text !== '' && !/^[{["]/.test(text)) return withExample(() => parseFault(text))
  let json: unknown
  try {
    json = JSON.parse(text === '' ? '{}' : text)
  } catch (error) {
    throw new RangeError(`the body is no JSON (${(error as Error).message}): write ${FAULT_EXAMPLE}`)
  }
  if (typeof json === 'string') return withExample(() => parseFault(json))
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new RangeError(`the body is no fault: write ${FAULT_EXAMPLE}`)
  return checkFault(json as Record<string, unknown>)
}

/** Whoever writes text may have meant data. */
function withExample(read: () => FaultSpec): FaultSpec {
  try {
    return read()
  } catch (error) {
    throw new RangeError(`${(error as Error).message}; write ${FAULT_EXAMPLE}`)
  }
}

/** A part as it could have been meant. */
function exampleOf(part: string): string {
  const name = nearest(part.trim(), [...NUMBERS, ...TEXTS])
  if (name === undefined) return 'nth=2'
  return (NUMBERS as readonly string[]).includes(name) ? `${name}=1` : `${name}=…`
}

/** Looks a fault over that came as plain data. @throws RangeError that says what is known */
function checkFault(given: Readonly<Record<string, unknown>>): FaultSpec {
  const kinds = Object.keys(FAULT_KINDS)
  const { kind } = given
  if (kind === undefined) {
    const names = Object.keys(given).map((name) => `"${name}"`)
    throw new RangeError(
      `a fault needs a "kind"${names.length === 0 ? '' : `, and this has ${names.join(', ')}`}: write ${FAULT_EXAMPLE}; known: ${kinds.join(', ')}`,
    )
  }
  if (typeof kind !== 'string' || !kinds.includes(kind))
    throw new RangeError(
      `unknown fault ${JSON.stringify(kind)}${didYouMean(String(kind), kinds)}; known: ${kinds.join(', ')}`,
    )
  for (const [name, value] of Object.entries(given)) {
    if (name === 'kind') continue
    const isNumber = (NUMBERS as readonly string[]).includes(name)
    if (!isNumber && !(TEXTS as readonly string[]).includes(name))
      throw new RangeError(
        `a fault has no "${name}"${didYouMean(name, [...NUMBERS, ...TEXTS])}; it has ${[...NUMBERS, ...TEXTS].join(', ')}`,
      )
    if (isNumber ? typeof value !== 'number' || !Number.isFinite(value) : typeof value !== 'string')
      throw new RangeError(`${name} ${JSON.stringify(value)} of a fault is no ${isNumber ? 'number' : 'text'}`)
    if (isNumber) checkNumber(name, value as number, kind)
    const only = MATCHED_BY.find((one) => one.name === name)?.kinds
    if (only !== undefined && !(kind in only))
      throw new RangeError(`${kind} has no ${name}; of it speak ${Object.keys(only).join(', ')}`)
  }
  return given as unknown as FaultSpec
}

/** @throws RangeError for what no fault can mean */
function checkNumber(name: string, value: number, kind: string): void {
  const refuse = (rule: string) => new RangeError(`${name} ${value} of a fault is not allowed; ${rule}`)
  if (name === 'p' && !(value >= 0 && value <= 1)) throw refuse('a chance is 0 to 1')
  if (name === 'part' && !(value > 0 && value <= 1)) throw refuse('a share is above 0, and 1 at most')
  // a clock may be behind as well, and codes are below 0
  if (name === 'ms' && value < 0 && kind !== 'clock') throw refuse('it is 0 or more')
  if (name === 'seconds' && value < 0) throw refuse('it is 0 or more')
  if (['nth', 'times', 'count'].includes(name) && !(Number.isInteger(value) && value >= 1))
    throw refuse('it is a whole number from 1')
  if (name === 'steps' && !(Number.isInteger(value) && value >= 0)) throw refuse('it is a whole number from 0')
  if (name === 'status' && !(Number.isInteger(value) && value >= 200 && value <= 599))
    throw refuse('a status is 200 to 599')
}

/** Where a fault may happen: what there is in this exchange. */
export interface FaultPlaces {
  /** `POST /fapi/v1/order` and all the others. */
  readonly routes: readonly string[]
  readonly symbols: readonly string[]
  readonly kind: 'usdm' | 'spot'
}

/**
 * Looks over where a fault is to happen: where nothing is it would never happen, and nobody would notice.
 * @throws RangeError that says the nearest
 */
export function checkFaultPlace({ kind, route, symbol }: FaultSpec, places: FaultPlaces): void {
  if (kind in ACCOUNT_FAULTS && kind !== 'trigger-rejected' && places.kind === 'spot')
    throw new RangeError(`spot knows no ${kind}: it has neither algo orders nor positions`)
  if (symbol !== undefined && !places.symbols.includes(symbol))
    throw new RangeError(
      `fault ${kind}: the exchange has no symbol "${symbol}"${didYouMean(symbol, places.symbols)}; it has ${places.symbols.join(', ')}`,
    )
  if (route === undefined) return
  const { routes } = places
  const isKnown = routes.some((one) => {
    const [method = '', path = ''] = one.split(' ')
    return isRoute(route, method, path)
  })
  if (isKnown) return
  // a path by itself is of every method
  const known = route.startsWith('/') ? routes.map((one) => one.split(' ')[1]!) : routes
  throw new RangeError(
    `fault ${kind}: no request has the route "${route}"${didYouMean(route, known)}; there are: ${routes.join(', ')}`,
  )
}
