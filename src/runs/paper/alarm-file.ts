import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Alarm } from './alarm.ts'

const NAME = 'alarms.jsonl'

/** A line more in a session's folder. */
export function keepAlarm(dir: string, alarm: Alarm): void {
  try {
    appendFileSync(join(dir, NAME), `${JSON.stringify(alarm)}\n`)
  } catch {
    // a disk that is full is told of by the journal
  }
}

/** Those of a session's folder, oldest first. */
export function readAlarms(dir: string): Alarm[] {
  const file = join(dir, NAME)
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as Alarm]
      } catch {
        // torn by a kill
        return []
      }
    })
}
