import type { Figure } from '../core/findings.ts'

/** Collects figures; one that cannot be computed is `null` with its reason, never 0, NaN or Infinity. */
export class Figures {
  readonly metrics: Record<string, Figure> = {}
  readonly notes: Record<string, string> = {}

  set(key: string, value: number | null, reason = 'not finite'): void {
    const isThere = value !== null && Number.isFinite(value)
    // JSON has no negative zero, and a run read back has to equal the run
    this.metrics[key] = isThere ? value + 0 : null
    if (!isThere) this.notes[key] = reason
  }

  /** The same reason for several figures. */
  none(keys: readonly string[], reason: string): void {
    for (const key of keys) this.set(key, null, reason)
  }
}
