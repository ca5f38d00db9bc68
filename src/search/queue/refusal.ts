/** A worker's code, data or engine are not those of the sweep: it must not compute for it. The message says what differs. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}
