const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** Milliseconds of `30s`, `30m`, `4h`, `2d`, `1w`; `null` where it is none. */
export function durationOf(text: unknown): number | null {
  const parts = typeof text === 'string' ? /^(\d+)(s|m|h|d|w)$/.exec(text) : null
  if (parts === null) return null
  const ms = Number(parts[1]) * UNITS[parts[2] as keyof typeof UNITS]
  return Number.isSafeInteger(ms) ? ms : null
}
