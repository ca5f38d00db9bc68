import { join } from 'node:path'
import { writeAtomic } from '../../data/index.ts'
import { fillsCsv } from '../../tables/fills-csv.ts'
import { tradesCsv } from '../../tables/trades-csv.ts'
import { beginEquity } from '../run-folder.ts'
import { folderError } from '../write-folder.ts'
import type { SessionState } from './session-state.ts'

/** Writes what a run's folder has of a run: the same files with the same columns, of the session as far as it has come. */
export async function writeDocuments(dir: string, state: SessionState): Promise<void> {
  const result = state.result()
  try {
    // DuckDB compresses the curve while the texts are put together here; without an instant there is no curve
    const equity = result.equity.length > 0 ? await beginEquity(join(dir, 'equity.parquet'), result.equity) : null
    try {
      writeAtomic(join(dir, 'trades.csv'), tradesCsv(result.trades))
      writeAtomic(join(dir, 'fills.csv'), fillsCsv(result.fills))
      writeAtomic(join(dir, 'events.jsonl'), result.events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    } finally {
      await equity?.finished
    }
  } catch (error) {
    throw folderError(dir, error)
  }
}
