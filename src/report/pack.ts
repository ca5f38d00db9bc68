/**
 * Columns packed for the page: small numbers make a small file. Times become steps of their greatest common measure, texts
 * indices into their distinct values.
 */
export interface Times {
  readonly from: number
  readonly unit: number
  /** From each time to the next in units, the first from `from`; a number where all but the first are the same. */
  readonly steps: readonly number[] | { readonly count: number; readonly each: number }
}

export function packTimes(times: readonly number[]): Times {
  const from = times[0] ?? 0
  const differences = times.map((time, k) => time - (k === 0 ? from : times[k - 1]!))
  const unit = differences.reduce(measure, 0) || 1
  const steps = differences.map((difference) => difference / unit)
  const each = steps[1]
  return each !== undefined && steps.every((step, k) => k === 0 || step === each)
    ? { from, unit, steps: { count: steps.length, each } }
    : { from, unit, steps }
}

function measure(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)]
  while (y > 0) [x, y] = [y, x % y]
  return x
}

export interface Texts {
  readonly names: readonly string[]
  readonly of: readonly number[]
}

export function packTexts(texts: readonly string[]): Texts {
  const names = [...new Set(texts)]
  const index = new Map(names.map((name, k) => [name, k]))
  return { names, of: texts.map((text) => index.get(text)!) }
}

export function rounded(values: readonly number[], digits: number): number[] {
  return values.map((value) => Number(value.toPrecision(digits)))
}
