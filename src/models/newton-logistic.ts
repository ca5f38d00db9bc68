import { solveCholesky } from './cholesky.ts'
import { type LinearDesign, lossSurface, widthOf } from './log-loss-blocks.ts'

export interface NewtonOptions {
  /** Weight of ½·coefficient² of each feature, in units of its scale. */
  readonly penalties: Float64Array
  readonly maxIterations: number
  /** Told the loss after each step; false asks to stop. */
  readonly onStep?: (iteration: number, loss: number) => boolean | undefined
}

export interface NewtonFit {
  /** Of logit 1 first, each feature and then the intercept. */
  readonly parameters: Float64Array
  readonly converged: boolean
  /** Without a penalty: the classes can be told apart without fail, so that no finite coefficient is the best. */
  readonly separated: boolean
  readonly iterations: number
}

/** The last step, as a part of the largest parameter and 1: what is left after it is far smaller. */
const SMALL_STEP = 1e-7
/** A step this small changes the curvature by about as much, so that the old one serves once more: it takes half the time. */
const NEAR = 1e-2
/** A mean loss below this is none: every row is told for certain, and each further step makes it only more so. */
const NO_LOSS = 1e-9

/**
 * Newton's method on log loss and L2 penalty, which is convex; a step that raises it is halved until it does not. Of three
 * classes the penalty is that of coefficients for each class: ½·Σ‖θc − mean θ‖², in terms of the two that are compared with
 * class 0, which has no other minimum than the symmetric form and no direction that it leaves open.
 */
export function fitNewton(design: LinearDesign, options: NewtonOptions): NewtonFit {
  const zero = new Float64Array(widthOf(design) * design.logits)
  if (design.rows.length < MANY_ROWS) return newton(design, zero, options)
  const { penalties, maxIterations } = options
  const sample = newton(everyEighth(design), zero, { penalties: penalties.map((one) => one / 8), maxIterations })
  // a sample may be separable where all rows are not
  return newton(design, sample.converged ? sample.parameters : zero, options)
}

/** With more rows, a part of them tells at once nearly where to go, which spares steps with all. */
const MANY_ROWS = 20_000

function everyEighth(design: LinearDesign): LinearDesign {
  const { logits } = design
  const count = (design.rows.length + 7) >> 3
  const rows = new Int32Array(count)
  const weights = new Float64Array(count)
  const targets = new Float64Array(count * logits)
  for (let k = 0; k < count; k++) {
    rows[k] = design.rows[8 * k]!
    weights[k] = design.weights[8 * k]!
    for (let a = 0; a < logits; a++) targets[k * logits + a] = design.targets[8 * k * logits + a]!
  }
  return { ...design, rows, weights, targets }
}

function newton(
  design: LinearDesign,
  start: Float64Array,
  { penalties, maxIterations, onStep }: NewtonOptions,
): NewtonFit {
  const total = design.weights.reduce((sum, weight) => sum + weight, 0)
  const isPenalised = penalties.some((penalty) => penalty > 0)
  let parameters = start
  let here = penalised(design, parameters, penalties, true)
  let curvature = here.hessian!
  let untoldAtFirst = -1
  let before = Number.POSITIVE_INFINITY
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    const { x: step, untold } = solveCholesky(curvature.slice(), here.gradient)
    if (untoldAtFirst < 0) untoldAtFirst = untold
    // the curvature of a direction has vanished on the way there
    const separated = !isPenalised && (untold > untoldAtFirst || here.loss < NO_LOSS * total)
    if (separated) return { parameters, converged: false, separated, iterations: iteration - 1 }
    const size = largest(step) / (1 + largest(parameters))
    // on the way to infinity steps do not shrink like this
    const isNear = size < NEAR && size < 0.1 * before
    before = size
    let next = parameters.map((value, k) => value - step[k]!)
    if (size <= SMALL_STEP) return { parameters: next, converged: true, separated: false, iterations: iteration }
    let there = penalised(design, next, penalties, !isNear)
    for (let part = 0.5; there.loss > here.loss + 1e-12 * Math.abs(here.loss) && part > 1e-10; part /= 2) {
      next = parameters.map((value, k) => value - part * step[k]!)
      there = penalised(design, next, penalties, !isNear)
    }
    parameters = next
    here = there
    curvature = here.hessian ?? curvature
    if (onStep?.(iteration, here.loss / total) === false)
      return { parameters, converged: false, separated: false, iterations: iteration }
  }
  return { parameters, converged: false, separated: false, iterations: maxIterations }
}

function penalised(design: LinearDesign, parameters: Float64Array, penalties: Float64Array, withCurvature: boolean) {
  const { loss: bare, gradient, hessian } = lossSurface(design, parameters, withCurvature)
  const { logits } = design
  const width = widthOf(design)
  const size = width * logits
  let loss = bare
  for (let j = 0; j < penalties.length; j++)
    for (let a = 0; a < logits; a++)
      for (let b = 0; b < logits; b++) {
        const share = logits === 1 ? 1 : (a === b ? 1 : 0) - 1 / (logits + 1)
        const penalty = penalties[j]! * share
        const [own, other] = [parameters[a * width + j]!, parameters[b * width + j]!]
        loss += 0.5 * penalty * own * other
        gradient[a * width + j]! += penalty * other
        if (hessian !== null) hessian[(a * width + j) * size + b * width + j]! += penalty
      }
  return { loss, gradient, hessian }
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}
