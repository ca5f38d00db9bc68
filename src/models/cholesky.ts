/** A pivot below this part of its diagonal is what rounding leaves of 0: the matrix does not tell this direction from others. */
const SINGULAR = 1e-12

/**
 * Solves `a` · x = `b` for a symmetric, positive definite matrix, of which the lower half is read, row by row; `a` becomes its
 * factor. A direction that the matrix says nothing about (a feature that others make up) has 0 in x.
 */
export function solveCholesky(
  a: Float64Array,
  b: Float64Array,
): { readonly x: Float64Array /** Directions that were left out. */; readonly untold: number } {
  const n = b.length
  let untold = 0
  for (let j = 0; j < n; j++) {
    for (let k = 0; k <= j; k++) {
      let sum = a[j * n + k]!
      for (let q = 0; q < k; q++) sum -= a[j * n + q]! * a[k * n + q]!
      if (k < j) a[j * n + k] = sum / a[k * n + k]!
      else if (sum > SINGULAR * a[j * n + j]!) a[j * n + j] = Math.sqrt(sum)
      else {
        // whatever is divided by it is 0
        a[j * n + j] = Number.POSITIVE_INFINITY
        untold++
      }
    }
  }
  const x = b.slice()
  for (let j = 0; j < n; j++) {
    for (let q = 0; q < j; q++) x[j]! -= a[j * n + q]! * x[q]!
    x[j]! /= a[j * n + j]!
  }
  for (let j = n - 1; j >= 0; j--) {
    for (let q = j + 1; q < n; q++) x[j]! -= a[q * n + j]! * x[q]!
    x[j]! /= a[j * n + j]!
  }
  return { x, untold }
}
