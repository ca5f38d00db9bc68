import { Console } from 'node:console'

/** What of the console writes to stdout. */
const METHODS = [
  'log', 'info', 'debug', 'dir', 'dirxml', 'table', 'group', 'groupCollapsed', 'groupEnd', 'count', 'countReset', 'time', 'timeLog', 'timeEnd',
] as const // biome-ignore format: a list

let isOnStderr = false

/** What a strategy logs is no part of a document on stdout: it goes to stderr, here and on threads that begin from now on. */
export function logToStderr(): void {
  const { stderr } = process
  const other = new Console({ stdout: stderr, stderr })
  for (const method of METHODS) console[method] = other[method] as (...args: unknown[]) => void
  isOnStderr = true
}

/** What a thread that runs a user's code is told as it begins: it logs where its process does. */
export interface ThreadLogs {
  readonly isOnStderr: boolean
}

export function threadLogs(): ThreadLogs {
  return { isOnStderr }
}
