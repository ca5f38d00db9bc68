/** Rows of numbers that a linear model is fitted to, as columns, each less its centre and divided by its scale. */
export interface LinearDesign {
  readonly columns: readonly Float64Array[]
  readonly rows: Int32Array
  readonly centers: Float64Array
  readonly scales: Float64Array
  readonly hasIntercept: boolean
  /** Shares of classes 1 … of each of the rows, `logits` a row: 0 and 1 where the class is known. */
  readonly targets: Float64Array
  readonly weights: Float64Array
  /** Classes less one: class 0 is what the others are compared with. */
  readonly logits: 1 | 2
}

/** Loss at some parameters, with its derivatives by all of them: of logit 1 first, each feature and then the intercept. */
export interface LossSurface {
  readonly loss: number
  readonly gradient: Float64Array
  /** Square, row by row; `null` where it was not asked for. */
  readonly hessian: Float64Array | null
}

const BLOCK = 256

/** Parameters of one logit. */
export function widthOf({ columns, hasIntercept }: LinearDesign): number {
  return columns.length + (hasIntercept ? 1 : 0)
}

/** Weighted log loss of all rows at `parameters`, summed block after block, so that a block's features stay in the cache. */
export function lossSurface(design: LinearDesign, parameters: Float64Array, withCurvature: boolean): LossSurface {
  const { rows, logits } = design
  const width = widthOf(design)
  // features stand in fours, the last ones made up of zeros
  const padded = (width + 3) & ~3
  const gradients = new Float64Array(logits * padded)
  // products of features, weighted with the curvature by logits 1 and 1, then 2 and 1, then 2 and 2
  const products = new Float64Array((logits === 1 ? 1 : 3) * padded * padded)
  const z = new Float64Array(padded * BLOCK).fill(1, 0, width * BLOCK)
  const residuals = new Float64Array(logits * BLOCK)
  const curvatures = new Float64Array((logits === 1 ? 1 : 3) * BLOCK)
  const scratch = new Float64Array(2 * BLOCK)
  let loss = 0
  for (let start = 0; start < rows.length; start += BLOCK) {
    const n = Math.min(BLOCK, rows.length - start)
    fillBlock(z, design, start, n)
    for (let a = 0; a < logits; a++) addScores(residuals, a * BLOCK, parameters, a * width, width, z, n)
    loss +=
      logits === 1
        ? judgeOne(design, start, n, residuals, curvatures)
        : judgeTwo(design, start, n, residuals, curvatures)
    for (let a = 0; a < logits; a++) addGradient(gradients, a * padded, padded, z, residuals, a * BLOCK, n)
    for (let c = 0; withCurvature && c * BLOCK < curvatures.length; c++)
      addProducts(products, c * padded * padded, width, padded, z, curvatures, c * BLOCK, n, scratch)
  }
  const size = logits * width
  const gradient = Float64Array.from(
    { length: size },
    (_, k) => gradients[Math.floor(k / width) * padded + (k % width)]!,
  )
  if (!withCurvature) return { loss, gradient, hessian: null }
  const hessian = new Float64Array(size * size)
  for (let a = 0; a < logits; a++)
    for (let b = 0; b <= a; b++)
      for (let j = 0; j < width; j++)
        for (let k = 0; k < width; k++)
          hessian[(a * width + j) * size + b * width + k] =
            products[((a + b) * padded + Math.max(j, k)) * padded + Math.min(j, k)]!
  return { loss, gradient, hessian }
}

function fillBlock(z: Float64Array, { columns, rows, centers, scales }: LinearDesign, start: number, n: number): void {
  for (let j = 0; j < columns.length; j++) {
    const column = columns[j]!
    const center = centers[j]!
    const factor = 1 / scales[j]!
    const at = j * BLOCK
    for (let k = 0; k < n; k++) z[at + k] = (column[rows[start + k]!]! - center) * factor
  }
}

/** Σ parameter · z of each row into `out`; four features at a time, as everywhere here, so that a row is written less often. */
function addScores(
  out: Float64Array,
  to: number,
  parameters: Float64Array,
  from: number,
  width: number,
  z: Float64Array,
  n: number,
): void {
  out.fill(0, to, to + n)
  for (let j = 0; j < width; j += 4) {
    const at = j * BLOCK
    const p0 = parameters[from + j]!
    const p1 = j + 1 < width ? parameters[from + j + 1]! : 0
    const p2 = j + 2 < width ? parameters[from + j + 2]! : 0
    const p3 = j + 3 < width ? parameters[from + j + 3]! : 0
    for (let k = 0; k < n; k++)
      out[to + k]! +=
        p0 * z[at + k]! + p1 * z[at + BLOCK + k]! + (p2 * z[at + 2 * BLOCK + k]! + p3 * z[at + 3 * BLOCK + k]!)
  }
}

/** Loss of a block of two classes; turns its scores into residuals and leaves its curvatures. */
function judgeOne(
  { targets, weights }: LinearDesign,
  start: number,
  n: number,
  residuals: Float64Array,
  curvatures: Float64Array,
): number {
  let loss = 0
  for (let k = 0; k < n; k++) {
    const score = residuals[k]!
    const weight = weights[start + k]!
    const target = targets[start + k]!
    // e to the power of what is not above 0 cannot overflow
    const e = Math.exp(-Math.abs(score))
    const p = (score >= 0 ? 1 : e) / (1 + e)
    loss += weight * (Math.max(0, score) + Math.log1p(e) - target * score)
    residuals[k] = weight * (p - target)
    curvatures[k] = (weight * e) / ((1 + e) * (1 + e))
  }
  return loss
}

/** The same of three classes. */
function judgeTwo(
  { targets, weights }: LinearDesign,
  start: number,
  n: number,
  residuals: Float64Array,
  curvatures: Float64Array,
): number {
  let loss = 0
  for (let k = 0; k < n; k++) {
    const [one, two] = [residuals[k]!, residuals[BLOCK + k]!]
    const weight = weights[start + k]!
    const [t1, t2] = [targets[2 * (start + k)]!, targets[2 * (start + k) + 1]!]
    const most = Math.max(0, one, two)
    const [e0, e1, e2] = [Math.exp(-most), Math.exp(one - most), Math.exp(two - most)]
    const sum = e0 + e1 + e2
    const [p, q] = [e1 / sum, e2 / sum]
    loss += weight * (most + Math.log(sum) - t1 * one - t2 * two)
    residuals[k] = weight * (p - t1)
    residuals[BLOCK + k] = weight * (q - t2)
    // 1 − p as the others' share: nothing is lost where p is nearly 1
    curvatures[k] = weight * p * ((e0 + e2) / sum)
    curvatures[BLOCK + k] = -weight * p * q
    curvatures[2 * BLOCK + k] = weight * q * ((e0 + e1) / sum)
  }
  return loss
}

function addGradient(
  out: Float64Array,
  to: number,
  padded: number,
  z: Float64Array,
  residuals: Float64Array,
  from: number,
  n: number,
): void {
  for (let j = 0; j < padded; j += 4) {
    const at = j * BLOCK
    let [s0, s1, s2, s3] = [0, 0, 0, 0]
    for (let i = 0; i < n; i++) {
      const residual = residuals[from + i]!
      s0 += residual * z[at + i]!
      s1 += residual * z[at + BLOCK + i]!
      s2 += residual * z[at + 2 * BLOCK + i]!
      s3 += residual * z[at + 3 * BLOCK + i]!
    }
    out[to + j]! += s0
    out[to + j + 1]! += s1
    out[to + j + 2]! += s2
    out[to + j + 3]! += s3
  }
}

/**
 * Adds Σ curvature · z_j · z_k for k ≤ j, two j and four k at a time: eight sums that do not wait for each other, from six
 * reads. What comes out above the diagonal is never read.
 */
function addProducts(
  out: Float64Array,
  to: number,
  width: number,
  padded: number,
  z: Float64Array,
  curvatures: Float64Array,
  from: number,
  n: number,
  scratch: Float64Array,
): void {
  for (let j = 0; j < width; j += 2) {
    for (let i = 0; i < n; i++) {
      const curvature = curvatures[from + i]!
      scratch[i] = curvature * z[j * BLOCK + i]!
      scratch[BLOCK + i] = curvature * z[j * BLOCK + BLOCK + i]!
    }
    for (let k = 0; k <= j + 1; k += 4) {
      const at = k * BLOCK
      let [a0, a1, a2, a3] = [0, 0, 0, 0]
      let [b0, b1, b2, b3] = [0, 0, 0, 0]
      for (let i = 0; i < n; i++) {
        const a = scratch[i]!
        const b = scratch[BLOCK + i]!
        const z0 = z[at + i]!
        const z1 = z[at + BLOCK + i]!
        const z2 = z[at + 2 * BLOCK + i]!
        const z3 = z[at + 3 * BLOCK + i]!
        a0 += a * z0
        a1 += a * z1
        a2 += a * z2
        a3 += a * z3
        b0 += b * z0
        b1 += b * z1
        b2 += b * z2
        b3 += b * z3
      }
      const upper = to + j * padded + k
      out[upper]! += a0
      out[upper + 1]! += a1
      out[upper + 2]! += a2
      out[upper + 3]! += a3
      const lower = upper + padded
      out[lower]! += b0
      out[lower + 1]! += b1
      out[lower + 2]! += b2
      out[lower + 3]! += b3
    }
  }
}
