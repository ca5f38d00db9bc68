import { timeName } from '../core/time.ts'
import { FAULT_KINDS } from '../exchange/fault-kinds.ts'
import type { FaultNote } from '../exchange/faults.ts'
import { keysText } from './exchange-keys.ts'
import { plural } from './text.ts'

/** Everything that can be done to requests, to frames and to the account, a line each. */
export function faultList(): string {
  const width = Math.max(...Object.keys(FAULT_KINDS).map((name) => name.length))
  return Object.entries(FAULT_KINDS)
    .map(([name, what]) => `  ${name.padEnd(width)}  ${what}`)
    .join('\n')
}

/** A fault that has happened, as a line of the log; `at` is the market's time, UTC ms. */
export function faultLine(note: FaultNote, at: number, isJson: boolean): string {
  if (isJson) return `${JSON.stringify({ event: 'fault', at, ...note })}\n`
  const fields = Object.entries(note).map(
    ([name, value]) => `${name}=${/^[\w.@*!-]+$/.test(String(value)) ? value : JSON.stringify(value)}`,
  )
  return `${timeName(at)} fault ${fields.join(' ')}\n`
}

/** Where it is otherwise than people think. */
export const EXCHANGE_NOTES = [
  'The account lives as long as this process: started again, it begins anew, with --cash and at the first bar; klinelab paper sessions that run at it end then, and send nothing.',
  'Bars, orders and fills bear the time of the bars; the time routes and the signatures of requests go by this machine’s clock.',
  'A market order fills at an open: at once while the open of a bar is the price, else at that of the next; until then it is NEW.',
  'When its replay is over it answers on, and says so in the header x-klinelab-replay of its answers: a klinelab paper session ends then.',
]

export interface Started {
  readonly origin: string
  readonly controlPort: number | null
  readonly symbols: readonly string[]
  /** The market's time, UTC ms. */
  readonly begin: number
  readonly bars: number
}

/** What is said once it listens. @param certificate file that clients are told to trust */
export function startText(
  { origin, controlPort, symbols, begin, bars }: Started,
  certificate: string | null,
  keys: Parameters<typeof keysText>[0],
): string {
  const lines = [
    `${origin}  ${symbols.join(', ')} from ${timeName(begin)}, ${plural(bars, 'bar')}`,
    `  ${keysText(keys)}`,
    ...(controlPort === null ? [] : [`  control: http://127.0.0.1:${controlPort}`]),
    ...(certificate === null ? [] : [`  certificate: NODE_EXTRA_CA_CERTS=${certificate}`]),
    ...EXCHANGE_NOTES.map((note) => `  ${note}`),
  ]
  return `${lines.join('\n')}\n`
}
