/** `250ms`, `1.5s`, `2m`, `1h`, or milliseconds without a unit. */
export function parseDelay(text: string): number {
  const [, digits, unit = 'ms'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  if (digits === undefined)
    throw new RangeError(
      `"${text}" is not allowed; write a time in ms, s, m or h, e.g. 250ms, 2s, 1m (a number alone is milliseconds)`,
    )
  return Number(digits) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit as 'ms']
}
