/** Coefficients, highest power first, as the nearest doubles. */
const CENTRE = [0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694]
const CENTRE_UNDER = [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171]
const NEAR = [
  2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769,
  1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
]
const NEAR_UNDER = [
  1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
]
const FAR = [
  0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
  0.0006587491615298378,
]
const FAR_UNDER = [
  1, 2.568520192289822, 1.8729528499234604, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918,
]

/**
 * The standard normal distribution function: the probability of a value up to `x`. Sixteen digits, in the lower tail too, as
 * half of erfc(−x ÷ √2): W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation
 * 23, 1969, 631–637.
 */
export function normalDistribution(x: number): number {
  const y = Math.abs(x) * Math.SQRT1_2
  if (y <= 0.46875) {
    const square = y * y
    const half = (0.5 * y * polynomial(CENTRE, square)) / polynomial(CENTRE_UNDER, square)
    return x < 0 ? 0.5 - half : 0.5 + half
  }
  const tail = y > 27.3 ? 0 : 0.5 * bell(x) * (y <= 4 ? near(y) : far(y))
  return x < 0 ? tail : 1 - tail
}

function near(y: number): number {
  return polynomial(NEAR, y) / polynomial(NEAR_UNDER, y)
}

function far(y: number): number {
  const r = 1 / (y * y)
  return (1 / Math.sqrt(Math.PI) - (r * polynomial(FAR, r)) / polynomial(FAR_UNDER, r)) / y
}

/** exp(−x² ÷ 2), in two steps so that the square loses nothing: its first part has few digits. */
function bell(x: number): number {
  const coarse = Math.trunc(Math.abs(x) * 16) / 16
  const rest = (Math.abs(x) - coarse) * (Math.abs(x) + coarse)
  return Math.exp((-coarse * coarse) / 2) * Math.exp(-rest / 2)
}

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0
  for (const coefficient of coefficients) sum = sum * x + coefficient
  return sum
}
