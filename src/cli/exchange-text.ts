import { FAULT_KINDS } from '../exchange/fault-kinds.ts'

/** Everything that can be done to requests, to frames and to the account, a line each. */
export function faultList(): string {
  const width = Math.max(...Object.keys(FAULT_KINDS).map((name) => name.length))
  return Object.entries(FAULT_KINDS)
    .map(([name, what]) => `  ${name.padEnd(width)}  ${what}`)
    .join('\n')
}
