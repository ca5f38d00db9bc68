import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Alarm, KnownAlarm } from './alarm.ts'

const NAME = 'alarms.jsonl'

/** What some of the alarms before it were of is over. */
interface Over {
  readonly over: string
  readonly at: number
}

/** A line more in a session's folder. */
export function keepAlarm(dir: string, line: Alarm | Over): void {
  try {
    appendFileSync(join(dir, NAME), `${JSON.stringify(line)}\n`)
  } catch {
    // a disk that is full is told of by the journal
  }
}

/** Those of a session's folder, oldest first. */
export function readAlarms(dir: string): KnownAlarm[] {
  const file = join(dir, NAME)
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as Alarm | Over]
      } catch {
        // torn by a kill
        return []
      }
    })
  const alarms: KnownAlarm[] = []
  for (const line of lines) {
    if ('over' in line) endAlarms(alarms, line.over, line.at)
    else alarms.push(known(line))
  }
  return alarms
}

export function known(alarm: Alarm): KnownAlarm {
  return alarm.stands === undefined ? alarm : { ...alarm, ended: null }
}

/** @returns those that stood until now */
export function endAlarms(alarms: KnownAlarm[], stands: string, at: number): readonly KnownAlarm[] {
  return alarms.flatMap((alarm, k) => {
    if (alarm.stands !== stands || alarm.ended !== null) return []
    alarms[k] = { ...alarm, ended: at }
    return [alarms[k]]
  })
}
