import { availableParallelism } from 'node:os'
import type { SearchHost } from './search-asked.ts'

/** Threads of a search that runs in this process: one a core where it is not said. */
export function workersOf({ workers = availableParallelism() }: Pick<SearchHost, 'workers'>): number {
  return workers
}
