import { timeName } from '../core/time.ts'
import { FAULT_KINDS } from '../exchange/fault-kinds.ts'
import type { FaultNote } from '../exchange/faults.ts'

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
