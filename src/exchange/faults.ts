import { type Random, seededRandom } from '../core/random.ts'
import { didYouMean } from '../core/suggest.ts'

/** What is done to a request, before or after it has been handled. */
export const REQUEST_FAULTS = {
  unknown: 'handled, then 503 "Unknown error…": nobody can tell whether it was',
  timeout: 'handled, then 408 -1007 after ms',
  reset: 'handled, then the connection is cut',
  hang: 'handled, and never answered',
  delay: 'handled, and answered after ms',
  late: 'handled after ms, or after so many steps of the replay',
  refused: 'the connection is cut before anything is handled',
  unavailable: '503 "Service Unavailable.", not handled',
  internal: '503 "Internal error…", not handled',
  throttled: '503 -1008, but orders that reduce pass',
  'rate-limit': '429 with Retry-After (seconds)',
  ban: '418 with Retry-After (seconds)',
  waf: '403 with a page of a firewall',
  error: 'refused with code and msg',
  garbled: 'handled, and half of the answer is sent',
  clock: 'the exchange’s clock is ms ahead for this request',
  'events-first': 'user events go out before the answer',
  'events-last': 'user events go out after the answer',
  'missing-bars': 'candles of an answer are left out, the last closed ones: count',
  'misaligned-bars': 'candles of an answer open ms late',
  'revised-bars': 'closed candles of an answer have other closes and volumes',
  filters: 'exchangeInfo states another tick, step or notional',
} as const

/** What is done to a frame of a websocket. */
export const FRAME_FAULTS = {
  drop: 'the frame is not sent',
  duplicate: 'the frame is sent twice, the second time after ms',
  'delay-frame': 'the frame is sent after ms',
  reorder: 'the frame is sent after the one that follows it',
  'half-open': 'the connection says nothing more, pongs included, and stays open',
  close: 'the connection is closed with 1001',
  cut: 'the connection is cut',
} as const

type FaultKind = keyof typeof REQUEST_FAULTS | keyof typeof FRAME_FAULTS

/** When a fault happens, and what it needs to know. */
export interface FaultSpec {
  readonly kind: FaultKind
  /** Of requests: `POST /fapi/v1/order`, `/fapi/v1/klines`, `DELETE *`; all where absent. */
  readonly route?: string
  /** Of frames: the stream's name, its beginning with `*`, or the event's `e`; all where absent. */
  readonly stream?: string
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
  readonly code?: number
  readonly msg?: string
  readonly status?: number
  readonly tick?: string
  readonly step?: string
  readonly notional?: string
}

export interface Fault extends FaultSpec {
  readonly id: number
  /** What has matched, and how often it happened. */
  seen: number
  done: number
}

const NUMBERS = ['nth', 'p', 'times', 'ms', 'steps', 'seconds', 'count', 'code', 'status'] as const
const TEXTS = ['route', 'stream', 'msg', 'tick', 'step', 'notional'] as const

/** Faults that were asked for. The same seed and the same requests give the same faults. */
export class Faults {
  readonly #random: Random
  readonly #all: Fault[] = []
  #next = 1

  constructor(seed = 0) {
    this.#random = seededRandom(seed)
  }

  get all(): readonly Fault[] {
    return this.#all
  }

  add(spec: FaultSpec): Fault {
    const fault = { ...spec, id: this.#next++, seen: 0, done: 0 }
    this.#all.push(fault)
    return fault
  }

  /** One, or all of them. */
  remove(id?: number): void {
    if (id === undefined) this.#all.length = 0
    const at = this.#all.findIndex((fault) => fault.id === id)
    if (at >= 0) this.#all.splice(at, 1)
  }

  /** What happens to a request. */
  ofRequest(method: string, path: string): readonly Fault[] {
    if (this.#all.length === 0) return NONE
    return this.#all.filter(
      (fault) => fault.kind in REQUEST_FAULTS && isRoute(fault.route, method, path) && this.#happens(fault),
    )
  }

  /** What happens to a frame. */
  ofFrame(stream: string, event: string | undefined): readonly Fault[] {
    if (this.#all.length === 0) return NONE
    return this.#all.filter(
      (fault) => fault.kind in FRAME_FAULTS && isStream(fault.stream, stream, event) && this.#happens(fault),
    )
  }

  #happens(fault: Fault): boolean {
    fault.seen++
    const { nth, p, times = nth === undefined ? Number.POSITIVE_INFINITY : 1 } = fault
    if (fault.done >= times || (nth !== undefined && fault.seen < nth)) return false
    if (p !== undefined && this.#random() >= p) return false
    fault.done++
    return true
  }
}

const NONE: readonly Fault[] = []

function isRoute(route: string | undefined, method: string, path: string): boolean {
  if (route === undefined) return true
  const [first = '', second] = route.split(' ')
  if (second !== undefined) return (first === '*' || first === method) && fits(second, path)
  return fits(first, path)
}

function isStream(wanted: string | undefined, stream: string, event: string | undefined): boolean {
  return wanted === undefined || wanted === event || fits(wanted, stream)
}

function fits(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : pattern === text
}

/**
 * Reads `kind,name=value,…`, such as `unknown,route=POST /fapi/v1/order,nth=2`.
 * @throws RangeError that says what is known
 */
export function parseFault(text: string): FaultSpec {
  const [kind = '', ...rest] = text.split(',')
  return checkFault({
    kind,
    ...Object.fromEntries(
      rest.map((one) => {
        const at = one.indexOf('=')
        if (at < 1) throw new RangeError(`"${one}" in "${text}" is not allowed; write name=value`)
        const [name, value] = [one.slice(0, at), one.slice(at + 1)]
        return [name, (NUMBERS as readonly string[]).includes(name) ? Number(value) : value]
      }),
    ),
  })
}

/** Looks a fault over that came as plain data. @throws RangeError that says what is known */
export function checkFault(given: Readonly<Record<string, unknown>>): FaultSpec {
  const kinds = [...Object.keys(REQUEST_FAULTS), ...Object.keys(FRAME_FAULTS)]
  if (typeof given['kind'] !== 'string' || !kinds.includes(given['kind']))
    throw new RangeError(`unknown fault ${JSON.stringify(given['kind'])}; known: ${kinds.join(', ')}`)
  for (const [name, value] of Object.entries(given)) {
    if (name === 'kind') continue
    const isNumber = (NUMBERS as readonly string[]).includes(name)
    if (!isNumber && !(TEXTS as readonly string[]).includes(name))
      throw new RangeError(`a fault has no "${name}"; it has ${[...NUMBERS, ...TEXTS].join(', ')}`)
    if (isNumber ? typeof value !== 'number' || !Number.isFinite(value) : typeof value !== 'string')
      throw new RangeError(`${name} ${JSON.stringify(value)} of a fault is no ${isNumber ? 'number' : 'text'}`)
    if (isNumber) checkNumber(name, value as number, given['kind'])
  }
  return given as unknown as FaultSpec
}

/** @throws RangeError for what no fault can mean */
function checkNumber(name: string, value: number, kind: string): void {
  const refuse = (rule: string) => new RangeError(`${name} ${value} of a fault is not allowed; ${rule}`)
  if (name === 'p' && !(value >= 0 && value <= 1)) throw refuse('a chance is 0 to 1')
  // a clock may be behind as well, and codes are below 0
  if (name === 'ms' && value < 0 && kind !== 'clock') throw refuse('it is 0 or more')
  if (name === 'seconds' && value < 0) throw refuse('it is 0 or more')
  if (['nth', 'times', 'count'].includes(name) && !(Number.isInteger(value) && value >= 1))
    throw refuse('it is a whole number from 1')
  if (name === 'steps' && !(Number.isInteger(value) && value >= 0)) throw refuse('it is a whole number from 0')
  if (name === 'status' && !(Number.isInteger(value) && value >= 200 && value <= 599))
    throw refuse('a status is 200 to 599')
}

/**
 * Looks the route of a fault over: one that no request can have would never happen, and nobody would notice.
 * @param routes `POST /fapi/v1/order` and all the others
 * @throws RangeError that says the nearest
 */
export function checkFaultRoute({ route }: FaultSpec, routes: readonly string[]): void {
  if (route === undefined) return
  const isKnown = routes.some((one) => {
    const [method = '', path = ''] = one.split(' ')
    return isRoute(route, method, path)
  })
  if (isKnown) return
  const known = route.includes(' ') ? routes : routes.map((one) => one.split(' ')[1]!)
  throw new RangeError(`no request has the route "${route}"${didYouMean(route, known)}`)
}
