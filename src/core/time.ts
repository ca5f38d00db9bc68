/**
 * Reads an ISO date or date-time as UTC: `2023-01-01`, `2023-01-01T12:00`, `2023-01-01T12:00:30Z`. Returns UTC ms.
 * @throws RangeError that quotes the text
 */
export function parseTime(text: string): number {
  const parts = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{3}))?)?Z?)?$/.exec(text.trim())
  const wrong = () =>
    new RangeError(
      `"${text}" is not a time: write an ISO date or date-time in UTC, e.g. 2023-01-01 or 2023-01-01T12:00`,
    )
  if (parts === null) throw wrong()
  const [year, month, day, hour, minute, second, ms] = parts.slice(1).map((part) => Number(part ?? 0)) as number[]
  const time = Date.UTC(year!, month! - 1, day!, hour!, minute!, second!, ms!)
  const back = new Date(time)
  // Date.UTC rolls 30 February over into March; such a date is a slip, not a wish
  const isKept =
    back.getUTCMonth() === month! - 1 &&
    back.getUTCDate() === day! &&
    back.getUTCHours() === hour! &&
    minute! < 60 &&
    second! < 60
  if (!isKept) throw wrong()
  return time
}

/** ISO text as short as it can be without losing anything: `2023-01-01`, `2023-01-01T12:00`, `2023-01-01T12:00:30.500`. */
export function timeName(time: number): string {
  return new Date(time)
    .toISOString()
    .replace(/Z$/, '')
    .replace(/\.000$/, '')
    .replace(/:00$/, '')
    .replace(/T00:00$/, '')
}
