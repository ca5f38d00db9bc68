import { setTimeout as wait } from 'node:timers/promises'

/** Waits until something holds; says what was waited for where it never does. On a loaded machine what takes 10 ms may take seconds. */
export async function until(what: string, holds: () => boolean, ms = 30_000): Promise<void> {
  for (const end = Date.now() + ms; !holds(); ) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain until ${what}`)
    await wait(3)
  }
}

/**
 * Waits until as many fills have been told of as an exchange has listed. By then there may be more: the stop of an entry that fills inside a bar fills
 * where it is set if the bar comes to it, and may do so while the list is on its way or between two looks.
 */
export function untilFilled(listed: number, told: () => number): Promise<void> {
  return until(`all fills are known, of which there are ${listed}`, () => told() >= listed)
}
