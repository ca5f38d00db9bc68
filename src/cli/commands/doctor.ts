import { doctor, type Health } from '../../runs/doctor.ts'
import type { StoreHealth } from '../../runs/doctor-store.ts'
import { apartText, type VenueHealth } from '../../runs/doctor-venues.ts'
import type { Command } from '../command.ts'
import { PLACES, settingsOf } from '../flags.ts'
import { plural } from '../text.ts'

interface Flags {
  readonly offline?: boolean
  readonly strict?: boolean
}

/** What keeps the process alive after its end is cut off then. */
const LAST_MS = 200

export default {
  words: '',
  flags: {
    ...PLACES,
    offline: { help: 'ask neither venues nor a bucket' },
    strict: { help: 'exit 1 for a venue out of reach and a wrong clock, too' },
  },
  example: 'klinelab doctor',
  async run(args, io) {
    const { offline = false, strict = false } = args.flags as Flags
    const settings = await settingsOf(args, io)
    const health = await doctor(settings, io.env, offline)
    // a name that no server answers for keeps the process for as long as the system goes on asking
    setTimeout(() => process.exit(), LAST_MS).unref()
    const { problems, remarks } = health
    return { json: health, text: healthText(health), ok: problems.length === 0 && (!strict || remarks.length === 0) }
  },
} satisfies Command

function healthText(health: Health): string {
  const { versions, machine, store, reports, environment, credentials, origins, peers, venues } = health
  const { problems, remarks } = health
  const lines: readonly (readonly [string, string])[] = [
    ...Object.entries(versions),
    ['machine', `${machine['cpu']}, ${machine['cores']} cores, ${machine['memoryGiB']} GiB, ${machine['platform']}`],
    ['store', storeText(store)],
    ['reports', `${reports.dir}${reports.writable ? '' : ', NOT writable'}`],
    ...Object.entries(environment),
    ...Object.entries(credentials),
    ...Object.entries(origins).map(
      ([name, host]) => [name, host === 'no address' ? 'set, and NO address' : `set, asks ${host}`] as const,
    ),
    ...Object.entries(peers).map(([name, version]) => [name, version ?? 'not installed'] as const),
    ...(venues ?? []).map((one) => [one.venue, venueText(one)] as const),
  ]
  const width = Math.max(...lines.map(([label]) => label.length))
  return [
    ...lines.map(([label, text]) => `${label.padEnd(width)}  ${text}`),
    ...(venues === null ? [`${'venues'.padEnd(width)}  not asked`] : []),
    '',
    ...remarks.map((text) => `note: ${text}`),
    ...problems,
    lastWord(health),
  ].join('\n')
}

/** What is not well, in one line, as the last one is what is looked at. */
function lastWord({ problems, remarks, venues }: Health): string {
  const away = (venues ?? []).filter(({ isReached, host }) => !isReached && host !== null)
  const others = remarks.length - away.length
  const not = [
    ...(problems.length > 0 ? [plural(problems.length, 'problem')] : []),
    ...(away.length > 0 ? [`${away.map(({ venue }) => venue).join(', ')} out of reach`] : []),
    ...(others > 0 ? [`${plural(others, 'note')} more`] : []),
  ]
  return not.length === 0 ? 'all well' : `NOT well: ${not.join('; ')}`
}

function storeText({ dir, writable, series, bars, endpoint, credentials }: StoreHealth): string {
  const at = endpoint === undefined ? '' : ` at ${endpoint} with ${credentials}`
  const size = series === null ? 'not read' : `${plural(series, 'series', 'series')}, ${plural(bars!, 'bar')}`
  return `${dir}${at}: ${size}${writable === false ? ', NOT writable' : ''}`
}

function venueText({ host, isReached, roundTrip, offset, within, used, limit, window }: VenueHealth): string {
  if (!isReached) return host === null ? 'not asked: no address is set for it' : `${host} is out of reach`
  const clock = `this clock is ${apartText(offset!)} ${offset! >= 0 ? 'behind' : 'ahead'} (± ${within} ms)`
  const per = window % 60_000 === 0 ? `${window / 60_000} min` : `${window / 1000} s`
  return `${host} in ${roundTrip} ms, ${clock}, ${used === null ? `allows ${limit}` : `${used} of ${limit} used`} in ${per}`
}
