import type { Settings } from '../runs/settings.ts'
import type { Outcome } from './command.ts'
import type { Io } from './io.ts'
import { shown } from './run-text.ts'
import { tableText } from './text.ts'

/** `--show-config`: each setting, its value, and where that came from. */
export function configOutcome(settings: Settings, io: Io): Outcome {
  const rows = Object.entries(settings.origins).map(([name, { value, from }]) => [
    name,
    value === null ? 'per run' : typeof value === 'object' ? JSON.stringify(value) : shown(String(value), io.cwd),
    shown(from, io.cwd),
  ])
  return { json: settings.origins, text: tableText(['setting', 'value', 'from'], rows) }
}
