// functions of their own: called for every pixel they are compiled well after the first few, a loop over all rows never is

/** The first lowest row of [from, to), which holds one or more; a row without a value (NaN) is none, unless it is the first. */
export function lowestRow(values: Float64Array, from: number, to: number): number {
  let lowest = from
  let least = values[from]!
  for (let row = from + 1; row < to; row++) {
    const value = values[row]!
    if (value < least) {
      least = value
      lowest = row
    }
  }
  return lowest
}

/** The first highest row; as `lowestRow`. */
export function highestRow(values: Float64Array, from: number, to: number): number {
  let highest = from
  let most = values[from]!
  for (let row = from + 1; row < to; row++) {
    const value = values[row]!
    if (value > most) {
      most = value
      highest = row
    }
  }
  return highest
}
