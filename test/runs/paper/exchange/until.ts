import { setTimeout as wait } from 'node:timers/promises'

/** Waits until something holds; says what was waited for where it never does. On a loaded machine what takes 10 ms may take seconds. */
export async function until(what: string, holds: () => boolean, ms = 30_000): Promise<void> {
  for (const end = Date.now() + ms; !holds(); ) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain until ${what}`)
    await wait(3)
  }
}
