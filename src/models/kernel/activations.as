/*
 * Constants are read from memory: as literals V8 puts each together anew at every use, in four or five instructions, and there
 * are too few registers to keep them.
 */

/** 1 / ln 2, 1.5 · 2^23, ln 2 in two parts, the polynomial from its highest power down, the range. */
const EXP: usize = memory.data<f32>([
  1.44269504088896341, 12582912, 0.693359375, -2.12194440e-4,
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1,
  87, -87,
])
/** Bits of 1.5 · 2^23 less the bias of an exponent. */
const EXPONENT: usize = memory.data<i32>([0x4b400000 - 127])
/** The range beyond which tanh is ±1 in 32 bits, the numerator's and the denominator's coefficients. */
const TANH: usize = memory.data<f32>([
  7.90531110763549805, -7.90531110763549805,
  -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, 1.48572235717979e-5,
  6.37261928875436e-4, 4.89352455891786e-3,
  1.19825839466702e-6, 1.18534705686654e-4, 2.26843463243900e-3, 4.89352518554385e-3,
])

@inline
function constant(table: usize, index: usize): v128 {
  return v128.load_splat<f32>(table + (index << 2))
}

/** sum · x + table[index]: a step of Horner's rule. */
@inline
function horner(sum: v128, x: v128, table: usize, index: usize): v128 {
  return f32x4.add(f32x4.mul(sum, x), constant(table, index))
}

@inline
function within(x: v128, table: usize, index: usize): v128 {
  return f32x4.pmax(f32x4.pmin(x, constant(table, index)), constant(table, index + 1))
}

/** e^x as in Cephes' expf (Stephen Moshier): 2^n · e^r with |r| ≤ ln 2 / 2, to two units in the last place. */
@inline
function exp(given: v128): v128 {
  const x = within(given, EXP, 11)
  // adding 1.5 · 2^23 and taking it away again rounds to a whole number, which then stands in the low bits
  const shifted = horner(x, constant(EXP, 0), EXP, 1)
  const n = f32x4.sub(shifted, constant(EXP, 1))
  const high = f32x4.sub(x, f32x4.mul(n, constant(EXP, 2)))
  const r = f32x4.sub(high, f32x4.mul(n, constant(EXP, 3)))
  let p = horner(constant(EXP, 4), r, EXP, 5)
  p = horner(p, r, EXP, 6)
  p = horner(p, r, EXP, 7)
  p = horner(p, r, EXP, 8)
  p = horner(p, r, EXP, 9)
  p = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r), constant(EXP, 10))
  return f32x4.mul(p, i32x4.shl(i32x4.sub(shifted, v128.load_splat<i32>(EXPONENT)), 23))
}

@inline
export function sigmoid(x: v128): v128 {
  const one = constant(EXP, 10)
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))))
}

/** A quotient of polynomials of degree 13 and 6, the one that Eigen uses: to a few units in the last place, near 0 too. */
@inline
export function tanh(given: v128): v128 {
  const x = within(given, TANH, 0)
  const square = f32x4.mul(x, x)
  let p = horner(constant(TANH, 2), square, TANH, 3)
  p = horner(p, square, TANH, 4)
  p = horner(p, square, TANH, 5)
  p = horner(p, square, TANH, 6)
  p = horner(p, square, TANH, 7)
  p = horner(p, square, TANH, 8)
  let q = horner(constant(TANH, 9), square, TANH, 10)
  q = horner(q, square, TANH, 11)
  q = horner(q, square, TANH, 12)
  return f32x4.div(f32x4.mul(p, x), q)
}
