/**
 * Header by which our simulated exchange says on every answer how its replay stands: `plays 60x`, `plays` (as fast as it goes), `waits`
 * (for a step), `ended`, or `live`. Binance has none of that name, and its clients do not read it.
 */
export const REPLAY_HEADER = 'x-klinelab-replay'

/** Header by which it says which it is: another after every start, since its account and its time live as long as its process. */
export const BEGUN_HEADER = 'x-klinelab-begun'

const WORDS = ['plays', 'waits', 'ended', 'live'] as const

/** How the replay of a simulated exchange stands. */
export interface ReplayState {
  readonly word: (typeof WORDS)[number]
  /** How many times real time it plays; `null` where that is not said. */
  readonly speed: number | null
}

export function replayText({ word, speed }: ReplayState): string {
  return speed === null ? word : `${word} ${speed}x`
}

/** `null` where the header is missing, or says what nobody knows. */
export function readReplay(text: string | null): ReplayState | null {
  const [, first, speed] = /^([a-z]+)(?: ([\d.e+-]+)x)?$/.exec(text ?? '') ?? []
  const word = WORDS.find((one) => one === first)
  return word === undefined ? null : { word, speed: speed === undefined ? null : Number(speed) }
}
