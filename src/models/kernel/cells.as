/*
 * What a step does element by element, once the products are there. The four slots of z lie one behind the other, each of
 * `bytes` bytes, and every other matrix has the shape of a slot. Going back, the derivatives of the slots take their place.
 */
import { sigmoid, tanh } from './activations'

/** Slots: input, forget, candidate, output gate. `squashed` keeps tanh of the cell. */
export function lstmForward(z: usize, bytes: usize, before: usize, cell: usize, squashed: usize, h: usize): void {
  for (let k: usize = 0; k < bytes; k += 16) {
    const at = z + k
    const i = sigmoid(v128.load(at))
    const f = sigmoid(v128.load(at + bytes))
    const g = tanh(v128.load(at + 2 * bytes))
    const o = sigmoid(v128.load(at + 3 * bytes))
    const c = f32x4.add(f32x4.mul(f, v128.load(before + k)), f32x4.mul(i, g))
    const s = tanh(c)
    v128.store(at, i)
    v128.store(at + bytes, f)
    v128.store(at + 2 * bytes, g)
    v128.store(at + 3 * bytes, o)
    v128.store(cell + k, c)
    v128.store(squashed + k, s)
    v128.store(h + k, f32x4.mul(o, s))
  }
}

/** `dc`: derivative by the cell, carried from step to step. */
export function lstmBackward(z: usize, bytes: usize, before: usize, squashed: usize, dh: usize, dc: usize): void {
  const one = f32x4.splat(1)
  for (let k: usize = 0; k < bytes; k += 16) {
    const at = z + k
    const i = v128.load(at)
    const f = v128.load(at + bytes)
    const g = v128.load(at + 2 * bytes)
    const o = v128.load(at + 3 * bytes)
    const s = v128.load(squashed + k)
    const dhv = v128.load(dh + k)
    const dcv = f32x4.add(v128.load(dc + k), f32x4.mul(f32x4.mul(dhv, o), f32x4.sub(one, f32x4.mul(s, s))))
    v128.store(at, f32x4.mul(f32x4.mul(dcv, g), f32x4.mul(i, f32x4.sub(one, i))))
    v128.store(at + bytes, f32x4.mul(f32x4.mul(dcv, v128.load(before + k)), f32x4.mul(f, f32x4.sub(one, f))))
    v128.store(at + 2 * bytes, f32x4.mul(f32x4.mul(dcv, i), f32x4.sub(one, f32x4.mul(g, g))))
    v128.store(at + 3 * bytes, f32x4.mul(f32x4.mul(dhv, s), f32x4.mul(o, f32x4.sub(one, o))))
    v128.store(dc + k, f32x4.mul(dcv, f))
  }
}

/** Slots: candidate's part from the input, reset gate, update gate, candidate's part from the state (reset after the product). */
export function gruForward(z: usize, bytes: usize, before: usize, h: usize): void {
  for (let k: usize = 0; k < bytes; k += 16) {
    const at = z + k
    const r = sigmoid(v128.load(at + bytes))
    const u = sigmoid(v128.load(at + 2 * bytes))
    const n = tanh(f32x4.add(v128.load(at), f32x4.mul(r, v128.load(at + 3 * bytes))))
    v128.store(at, n)
    v128.store(at + bytes, r)
    v128.store(at + 2 * bytes, u)
    v128.store(h + k, f32x4.add(n, f32x4.mul(u, f32x4.sub(v128.load(before + k), n))))
  }
}

/** Adds to `dBefore` what goes back past the gates. */
export function gruBackward(z: usize, bytes: usize, before: usize, dh: usize, dBefore: usize): void {
  const one = f32x4.splat(1)
  for (let k: usize = 0; k < bytes; k += 16) {
    const at = z + k
    const n = v128.load(at)
    const r = v128.load(at + bytes)
    const u = v128.load(at + 2 * bytes)
    const dhv = v128.load(dh + k)
    const dn = f32x4.mul(f32x4.mul(dhv, f32x4.sub(one, u)), f32x4.sub(one, f32x4.mul(n, n)))
    const du = f32x4.mul(f32x4.mul(dhv, f32x4.sub(v128.load(before + k), n)), f32x4.mul(u, f32x4.sub(one, u)))
    const dr = f32x4.mul(f32x4.mul(dn, v128.load(at + 3 * bytes)), f32x4.mul(r, f32x4.sub(one, r)))
    v128.store(at, dn)
    v128.store(at + bytes, dr)
    v128.store(at + 2 * bytes, du)
    v128.store(at + 3 * bytes, f32x4.mul(dn, r))
    v128.store(dBefore + k, f32x4.add(v128.load(dBefore + k), f32x4.mul(dhv, u)))
  }
}

/**
 * to = from, each number kept and scaled or else 0. Whether it is kept is drawn by counter (murmur3's finaliser over
 * `first` + row · `rowStep` + unit), so that going back draws the same again, whoever does it.
 */
export function dropout(
  to: usize, from: usize, rows: i32, panels: i32, seed: i32, first: i32, rowStep: i32, threshold: i32, scale: f32,
): void {
  const limit = i32x4.splat(threshold)
  const factor = f32x4.splat(scale)
  for (let j = 0; j < panels; j++) {
    for (let i = 0; i < rows; i++) {
      for (let half = 0; half < 8; half += 4) {
        const counter = i32x4.add(i32x4.splat(first + i * rowStep + j * 8 + half), i32x4(0, 1, 2, 3))
        let x = i32x4.add(i32x4.mul(counter, i32x4.splat(<i32>0x9e3779b9)), i32x4.splat(seed))
        x = v128.xor(x, i32x4.shr_u(x, 16))
        x = i32x4.mul(x, i32x4.splat(<i32>0x85ebca6b))
        x = v128.xor(x, i32x4.shr_u(x, 13))
        x = i32x4.mul(x, i32x4.splat(<i32>0xc2b2ae35))
        x = v128.xor(x, i32x4.shr_u(x, 16))
        const kept = i32x4.ge_s(i32x4.shr_u(x, 8), limit)
        v128.store(to, v128.and(f32x4.mul(v128.load(from), factor), kept))
        to += 16
        from += 16
      }
    }
  }
}
