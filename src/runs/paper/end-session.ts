import type { StreamClock } from '../../data/stream/stream-clock.ts'
import type { InputQueue } from './input-queue.ts'
import type { PaperBroker } from './paper-broker.ts'
import type { PaperCommand } from './session-record.ts'

/** What a session that has heard its last input ends with. */
interface Ending {
  readonly broker: PaperBroker
  readonly queue: InputQueue
  readonly clock: StreamClock
  /** It was told to; else nothing more comes. */
  readonly isStopped: boolean
  readonly orders: 'keep' | 'cancel'
  command(command: PaperCommand, why: string, by: string): Promise<void>
}

/** Every wish is answered, open orders stay or go as told, and the journal says that it was laid down. */
export async function endSession({ broker, queue, clock, isStopped, orders, command }: Ending): Promise<void> {
  // where orders meet bars there is nobody else to cancel what opens; what protects a position stays, here as at an exchange
  if (isStopped && orders === 'cancel' && broker.fills === 'bars')
    await command('halt', 'it was stopped with --on-stop cancel', 'stop')
  await broker.idle()
  await broker.close(orders)
  await queue.idle()
  const at = clock.now()
  await queue.put(isStopped ? { kind: 'stopped', at, orders } : { kind: 'ended', at })
}
