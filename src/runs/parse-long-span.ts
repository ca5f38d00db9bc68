const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const

/** `90m`, `12h`, `7d`, `2w`; ms. @throws RangeError for anything else */
export function parseLongSpan(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([mhdw])$/.exec(text) ?? []
  const ms = Number(digits) * (UNITS[unit as keyof typeof UNITS] ?? Number.NaN)
  if (!(ms >= 60_000))
    throw new RangeError(`"${text}" is not allowed; write minutes, hours, days or weeks: 12h, 7d, 2w`)
  return ms
}
