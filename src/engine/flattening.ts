import type { Broker } from './broker.ts'
import type { OrderDesk } from './order-desk.ts'
import type { Slot } from './slot.ts'

/**
 * While trading is halted: nothing that opens stays on the book, and what is held is closed, again at each close until
 * nothing is left. The strategy can neither see these orders nor cancel them.
 */
export class Flattening {
  readonly #slots: readonly Slot[]
  readonly #broker: Broker
  readonly #desk: OrderDesk

  constructor(slots: readonly Slot[], broker: Broker, desk: OrderDesk) {
    this.#slots = slots
    this.#broker = broker
    this.#desk = desk
  }

  /** A limit has been reached at `at`. */
  begin(at: number): void {
    for (const slot of this.#slots)
      for (const order of [...slot.orders]) if (!order.reduceOnly) this.#broker.cancel(slot, order, at, 'risk')
    this.#desk.forgetRefusedCloses()
  }

  /** At each close of a halt. */
  goOn(): void {
    for (const slot of this.#slots) {
      const isClosing = slot.orders.some(({ isAlive, isRisk }) => isAlive && isRisk)
      if (slot.position.units !== 0 && !isClosing) this.#desk.closeForRisk(slot)
    }
  }
}
