import { readFileSync } from 'node:fs'
import { timeName } from '../../core/time.ts'
import { writeAtomic } from '../manifest.ts'
import type { Pause } from './limiter.ts'

/** Shorter limits are over before anybody starts anew, ms; to ask into a ban makes it longer, however short it was. */
const WORTH_KEEPING = 60_000

interface KeptPause extends Pause {
  readonly saidAt: number
}

/** What a venue said to an earlier process, while it holds; `null`: nothing that is known of. */
export function keptPause(file: string, name: string, now: number): Pause | null {
  const kept = standing(file, now)[name]
  if (kept === undefined) return null
  const { saidAt, ...pause } = kept
  return { ...pause, why: `${pause.why}, as it said at ${timeName(saidAt)} (kept in ${file})` }
}

/** Keeps a ban or a long limit for the processes that come. A cache: where it cannot be written, they have to be told anew. */
export function keepPause(file: string, name: string, pause: Pause, now: number): void {
  if (pause.reason !== 'banned' && pause.until - now < WORTH_KEEPING) return
  const kept: KeptPause = { ...pause, saidAt: now }
  try {
    writeAtomic(file, `${JSON.stringify({ ...standing(file, now), [name]: kept }, null, 2)}\n`)
  } catch {
    return
  }
}

/** Those of the file that have not ended; whatever else is in it is none. */
function standing(file: string, now: number): Record<string, KeptPause> {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {}
  }
  const isKept = ([, one]: [string, Partial<KeptPause> | null]) =>
    (one?.reason === 'banned' || one?.reason === 'limit') &&
    typeof one.why === 'string' &&
    Number.isFinite(one.saidAt) &&
    Number.isFinite(one.until) &&
    one.until! > now
  return Object.fromEntries(Object.entries((json ?? {}) as Record<string, KeptPause>).filter(isKept))
}
