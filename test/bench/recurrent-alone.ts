/** A training in a process of its own, for recurrent.bench.ts: an epoch at each message, answered with its samples/s. */
import { type Cell, ours } from './recurrent-task.ts'

const { round } = ours(process.argv[2] as Cell, 1)

process.on('message', async () => process.send!(await round()))
