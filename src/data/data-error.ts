/** Bad input or a store that cannot do what was asked: one clear paragraph that says what, where, and what to do. */
export class DataError extends Error {
  override readonly name: string = 'DataError'
}

/** A file that cannot be opened or made sense of as a whole: none of its rows is to be had. */
export class UnreadableError extends DataError {
  readonly file: string
  /** What is wrong with it, as it reads behind the file's name. */
  readonly reason: string

  constructor(file: string, reason: string, where = '') {
    super(`${file}${where}: ${reason}`)
    this.file = file
    this.reason = reason
  }
}

/** What was named (a file, a series, a range of time, a format) does not exist: the command was wrong rather than the data. */
export class NotFoundError extends DataError {
  override readonly name = 'NotFoundError'
}
