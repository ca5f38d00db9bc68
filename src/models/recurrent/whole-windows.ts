/**
 * Demands that every window is whole: inside the data, each value a number that 32 bits can hold.
 * @throws RangeError that names the first row whose window is not, and why
 */
export function requireWholeWindows(
  what: string,
  columns: readonly Float64Array[],
  names: readonly string[],
  rows: Int32Array,
  window: number,
): void {
  if (rows.length === 0) return
  const length = columns[0]!.length
  let [first, last] = [rows[0]!, rows[0]!]
  for (const row of rows) {
    if (row < 0 || row >= length) throw new RangeError(`${what}: there is no row ${row}: the data have ${length}`)
    if (row < window - 1)
      throw new RangeError(
        `${what}: row ${row} has ${row} rows before it, a window of ${window} needs ${window - 1}: leave it out, or lower window`,
      )
    first = Math.min(first, row)
    last = Math.max(last, row)
  }
  first -= window - 1
  // by row of the span: the last one so far with a value that is none
  const broken = new Int32Array(last - first + 1)
  let latest = first - 1
  for (let row = first; row <= last; row++) {
    for (const column of columns) if (!Number.isFinite(Math.fround(column[row]!))) latest = row
    broken[row - first] = latest
  }
  for (const row of rows) {
    const at = broken[row - first]!
    if (at <= row - window) continue
    const feature = columns.findIndex((column) => !Number.isFinite(Math.fround(column[at]!)))
    throw new RangeError(
      `${what}: the window of row ${row} holds ${names[feature] ?? `feature ${feature}`} = ${columns[feature]![at]} at row ${at}: leave such rows out`,
    )
  }
}
