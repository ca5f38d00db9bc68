/** Work that was asked to stop, and did: exit code 130. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}
