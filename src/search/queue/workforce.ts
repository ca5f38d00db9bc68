import type { Presence, Times } from './sweep-keys.ts'

interface Watched {
  readonly times: Times
  readonly say: (line: string) => void
  /** How a worker is started. */
  readonly hint: string
  readonly onRefused: (error: Error) => void
}

interface Seen {
  readonly text: string
  readonly presence: Presence
  /** Beats since it last said something. */
  silent: number
}

/** The silence after which a worker no longer counts, in beats. */
const DEAD = 15
/** Slots that are reckoned with before a worker has come. */
const FEWEST = 2

/** The workers of a sweep, as they present themselves: how many jobs they hold, and whether there is one at all. */
export class Workforce {
  readonly #watched: Watched
  readonly #seen = new Map<string, Seen>()
  readonly #refused = new Set<string>()
  #alone = 0
  #refusing = 0

  constructor(watched: Watched) {
    this.#watched = watched
  }

  /** Jobs that all of them hold at once. */
  get slots(): number {
    return this.#willing().reduce((sum, { presence }) => sum + slotsOf(presence.threads), 0) || FEWEST
  }

  /** @returns workers that have gone without a word */
  look(presences: Readonly<Record<string, string>>, isWaiting: boolean): string[] {
    for (const [id, text] of Object.entries(presences)) {
      const before = this.#seen.get(id)
      if (before?.text === text) before.silent++
      else this.#seen.set(id, { text, presence: JSON.parse(text) as Presence, silent: 0 })
    }
    for (const id of this.#seen.keys()) if (presences[id] === undefined) this.#seen.delete(id)
    const dead = [...this.#seen].filter(([, { silent }]) => silent > DEAD).map(([id]) => id)
    for (const id of dead) this.#seen.delete(id)
    for (const [id, { presence }] of this.#seen) this.#hear(id, presence)
    this.#count(isWaiting)
    return dead
  }

  #willing(): Seen[] {
    return [...this.#seen.values()].filter(({ presence }) => presence.refusal === null)
  }

  #hear(id: string, { name, refusal }: Presence): void {
    if (refusal === null || this.#refused.has(id)) return
    this.#refused.add(id)
    this.#watched.say(`worker ${name} refuses: ${refusal}`)
  }

  #count(isWaiting: boolean): void {
    const { times, say, hint, onRefused } = this.#watched
    const isNobody = this.#seen.size === 0
    const isRefused = !isNobody && this.#willing().length === 0
    this.#alone = isNobody && isWaiting ? this.#alone + 1 : 0
    this.#refusing = isRefused && isWaiting ? this.#refusing + 1 : 0
    if (this.#alone === Math.ceil(times.alone / times.beat))
      say(`no worker takes jobs; the sweep waits for one: ${hint}`)
    if (this.#refusing * times.beat < times.refused) return
    const reasons = [...new Set([...this.#seen.values()].map(({ presence }) => presence.refusal))]
    const all = this.#seen.size === 1 ? 'the only worker refuses' : `all ${this.#seen.size} workers refuse`
    onRefused(
      new Error(
        `${all} this sweep: ${reasons.join('; ')}. A worker must have the code, the data and the klinelab of the sweep: bring them up to date and start it again`,
      ),
    )
  }
}

/** Jobs that a worker holds: one a thread, and one that lies ready, so that none waits for the way to Redis. */
export function slotsOf(threads: number): number {
  return threads + 1
}
