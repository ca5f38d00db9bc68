import { timingSafeEqual } from 'node:crypto'

/** Whether two secrets are one, in a time that tells no more of them than their length. */
export function isSameSecret(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
