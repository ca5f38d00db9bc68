import { FRAME_FAULTS, REQUEST_FAULTS } from '../exchange/faults.ts'

/** Everything that can be done to requests and frames, a line each. */
export function faultList(): string {
  const all = { ...REQUEST_FAULTS, ...FRAME_FAULTS }
  const width = Math.max(...Object.keys(all).map((name) => name.length))
  return Object.entries(all)
    .map(([name, what]) => `  ${name.padEnd(width)}  ${what}`)
    .join('\n')
}
