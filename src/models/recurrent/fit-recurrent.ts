import { availableParallelism, freemem } from 'node:os'
import type { FitOptions, TrainingSet } from '../classifier.ts'
import { requireSame } from './checkpoint.ts'
import { crewOf } from './crew.ts'
import { FittedRecurrent } from './fitted-recurrent.ts'
import { MOST_BYTES } from './kernel.ts'
import { type Cell, gatesOf, inputOf, type Network } from './network.ts'
import type { RecurrentSettings } from './settings.ts'
import { train } from './train.ts'
import { SHARDS, type TaskData, taskBytes, trainingRoom, trainingTask } from './training-task.ts'
import { requireWholeWindows } from './whole-windows.ts'

/** Operations that are not worth a thread: a thread takes a tenth of a second to start. */
const FEW_OPERATIONS = 1e10

/** Trains on as many threads as help, or as many as asked for. @throws RangeError where settings and data do not go together */
export async function fitRecurrent(
  cell: Cell,
  settings: RecurrentSettings,
  data: TrainingSet,
  options: FitOptions,
): Promise<FittedRecurrent> {
  const { names, columns, classes } = data
  const network: Network = {
    cell,
    features: columns.length,
    units: settings.units,
    layers: settings.layers,
    classes,
  }
  const taken = checked(cell, data, options.validation ?? null, settings)
  const threads = options.workers ?? threadsFor(network, settings, data.rows.length)
  if (!Number.isInteger(threads) || threads < 1 || threads > SHARDS)
    throw new RangeError(`${cell}: workers is ${threads}: write a whole number from 1 to ${SHARDS}`)
  requireMemory(network, settings, threads, taken, freeBytes())
  const { seed, resume } = options
  const task = trainingTask(network, settings, seed, threads, taken)
  const own = { network, settings, seed, rows: [taken.rows.length, taken.validation.length] as const }
  const from = resume === undefined || resume === null ? null : requireSame(cell, resume, own)
  const crew = crewOf(task)
  try {
    const { weights, history } = await train(task, crew, { ...options, resume: from })
    return new FittedRecurrent(network, settings, [...names], weights, history)
  } finally {
    await crew.end()
  }
}

function threadsFor(network: Network, { window, epochs }: RecurrentSettings, rows: number): number {
  let each = 0
  for (let layer = 0; layer < network.layers; layer++)
    each += 6 * gatesOf(network.cell) * network.units * (inputOf(network, layer) + network.units)
  return each * window * rows * epochs < FEW_OPERATIONS ? 1 : Math.min(SHARDS, availableParallelism())
}

/** @throws RangeError that says what is wrong with the data */
function checked(
  cell: Cell,
  data: TrainingSet,
  validation: Int32Array | null,
  { window }: RecurrentSettings,
): TaskData {
  const { names, columns, rows, y, weights, classes } = data
  if (columns.length === 0) throw new RangeError(`${cell}: no features to learn from`)
  const parts = [['rows', rows] as const, ...(validation === null ? [] : [['validation rows', validation] as const])]
  for (const [what, list] of parts) {
    if (list.length === 0) throw new RangeError(`${cell}: there are no ${what}`)
    requireWholeWindows(`${cell}, ${what}`, columns, names, list, window)
    let total = 0
    for (const row of list) {
      const label = y[row]!
      if (label < 0 || label >= classes)
        throw new RangeError(`${cell}: row ${row} has class ${label} of ${classes}: leave it out`)
      const weight = weights === null ? 1 : weights[row]!
      if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY))
        throw new RangeError(`${cell}: row ${row} weighs ${weight}: write a number of at least 0`)
      total += weight
    }
    if (total === 0) throw new RangeError(`${cell}: all ${what} weigh 0`)
  }
  const [first] = rows
  if (rows.every((row) => y[row] === y[first!]))
    throw new RangeError(`${cell}: all ${rows.length} rows are of class ${y[first!]}: there is nothing to tell apart`)
  return { columns, y, weights, rows, validation: validation ?? new Int32Array(0) }
}

/** What the machine can still give, in a container what it may. */
function freeBytes(): number {
  return process.availableMemory?.() ?? freemem()
}

/** @throws RangeError before anything is taken, where it would not fit */
export function requireMemory(
  network: Network,
  settings: RecurrentSettings,
  threads: number,
  data: TaskData,
  free: number,
): void {
  const needed = taskBytes(network, settings, threads, data)
  const { batch, window, units } = settings
  const lower = `lower batch (${batch}), window (${window}), units (${units}) or the number of rows (${data.rows.length})`
  if (needed > free)
    throw new RangeError(`${network.cell}: training needs about ${size(needed)}, ${size(free)} are free: ${lower}`)
  // what the kernel computes with, which is all but the matrix, lies within what 32-bit addresses reach
  const inKernel = trainingRoom(network, settings, threads).bytes
  if (inKernel > MOST_BYTES)
    throw new RangeError(
      `${network.cell}: training needs about ${size(inKernel)} in one piece, 4 GB are the most: ${lower}`,
    )
}

function size(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`
}
