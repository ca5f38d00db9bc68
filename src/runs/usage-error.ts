/** The command was wrong: a bad value, a missing file, an unknown name. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
