/** Bad input or a store that cannot do what was asked: one clear paragraph that says what, where, and what to do. */
export class DataError extends Error {
  override readonly name = 'DataError'
}
