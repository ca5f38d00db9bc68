import { setTimeout as wait } from 'node:timers/promises'

/** Waits; says whether the time has passed, and not the work been stopped. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await wait(ms, undefined, { signal })
    return true
  } catch {
    return false
  }
}
