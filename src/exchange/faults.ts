import { type Random, seededRandom } from '../core/random.ts'
import { type ACCOUNT_FAULTS, FRAME_FAULTS, REQUEST_FAULTS, SYSTEM_CLOSES, type SystemClose } from './fault-kinds.ts'
import { fits, isRoute, isStream } from './fault-match.ts'
import type { FaultSpec } from './fault-spec.ts'

export interface Fault extends FaultSpec {
  readonly id: number
  /** What has matched, and how often it happened. */
  seen: number
  done: number
}

/** A position that the exchange closes itself, and how much of it. */
export interface SystemClosing {
  readonly kind: SystemClose
  readonly part: number
}

/** A fault that has just happened, and to what; no keys, no listen keys, no parameters of requests. */
export interface FaultNote {
  readonly kind: string
  /** `POST /fapi/v1/order`, of a request. */
  readonly route?: string
  /** Of a frame of a market stream; frames of an account have their event's name alone. */
  readonly stream?: string
  readonly event?: string
  readonly symbol?: string
  readonly type?: string
  /** The how manieth of what it matches this was, and how often it has happened by now. */
  readonly nth?: number
  readonly done?: number
  /** Of the fault, as `GET /fault` on the control port lists it. */
  readonly id?: number
  /** Connections that something was done to at once. */
  readonly sockets?: number
}

type Where = Pick<FaultNote, 'route' | 'stream' | 'event' | 'symbol' | 'type'>

/** Faults that were asked for. The same seed and the same requests give the same faults. */
export class Faults {
  readonly #random: Random
  readonly #onFault: (note: FaultNote) => void
  readonly #all: Fault[] = []
  #next = 1

  /** @param onFault hears of each that happens */
  constructor(seed = 0, onFault: (note: FaultNote) => void = () => undefined) {
    this.#random = seededRandom(seed)
    this.#onFault = onFault
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
      (fault) =>
        fault.kind in REQUEST_FAULTS &&
        isRoute(fault.route, method, path) &&
        this.#happens(fault, () => ({ route: `${method} ${path}`.slice(0, LONGEST_ROUTE) })),
    )
  }

  /** What happens to a frame. */
  ofFrame(stream: string, event: string | undefined): readonly Fault[] {
    if (this.#all.length === 0) return NONE
    return this.#all.filter(
      (fault) =>
        fault.kind in FRAME_FAULTS &&
        isStream(fault.stream, stream, event) &&
        this.#happens(fault, () => whereOf(stream, event)),
    )
  }

  /** Why a conditional order is turned away whose trigger is reached; `null`: it is not. */
  ofTrigger(symbol: string, type: string): string | null {
    const fault = this.#ofAccount(['trigger-rejected'], symbol, type)
    return fault === null ? null : (fault.msg ?? 'Margin is insufficient.')
  }

  /** Whether an algo order lives on though its cancel is answered with success. */
  isOrphaned(symbol: string, type: string): boolean {
    return this.#ofAccount(['orphan'], symbol, type) !== null
  }

  /** How the exchange closes what is held, and how much of it; `null`: it does not. */
  ofPosition(symbol: string): SystemClosing | null {
    const fault = this.#ofAccount(SYSTEM_CLOSES, symbol)
    return fault === null ? null : { kind: fault.kind as SystemClose, part: fault.part ?? 1 }
  }

  /** The first that happens: one befalls whom it befalls. */
  #ofAccount(kinds: readonly (keyof typeof ACCOUNT_FAULTS)[], symbol: string, type?: string): Fault | null {
    for (const fault of this.#all)
      if (
        (kinds as readonly string[]).includes(fault.kind) &&
        (fault.symbol === undefined || fault.symbol === symbol) &&
        (fault.type === undefined || fits(fault.type, type ?? '')) &&
        this.#happens(fault, () => ({ symbol, ...(type !== undefined && { type }) }))
      )
        return fault
    return null
  }

  #happens(fault: Fault, where: () => Where): boolean {
    fault.seen++
    const { nth, p, times = nth === undefined ? Number.POSITIVE_INFINITY : 1 } = fault
    if (fault.done >= times || (nth !== undefined && fault.seen < nth)) return false
    if (p !== undefined && this.#random() >= p) return false
    fault.done++
    const { kind, id, seen, done } = fault
    this.#onFault({ kind, ...where(), nth: seen, done, id })
    return true
  }
}

/** Paths of requests that nobody has are as long as whoever sends them likes. */
const LONGEST_ROUTE = 120

/** The stream of an account is named by its listen key, which is a secret. */
function whereOf(stream: string, event: string | undefined): Where {
  return { ...(/[@!]/.test(stream) && { stream }), ...(event !== undefined && { event }) }
}

const NONE: readonly Fault[] = []
