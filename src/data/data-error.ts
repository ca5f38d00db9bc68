/** Bad input or a store that cannot do what was asked: one clear paragraph that says what, where, and what to do. */
export class DataError extends Error {
  override readonly name: string = 'DataError'
}

/** What was named (a file, a series, a range of time, a format) does not exist: the command was wrong rather than the data. */
export class NotFoundError extends DataError {
  override readonly name = 'NotFoundError'
}
