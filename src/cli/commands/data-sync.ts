import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { didYouMean } from '../../core/suggest.ts'
import { isStoreUrl } from '../../data/remote/store-url.ts'
import { findConfig } from '../../runs/config.ts'
import { projectSteps } from '../../runs/project-steps.ts'
import { secretsHider } from '../../runs/secrets.ts'
import { listJobs, sync } from '../../runs/sync.ts'
import { UsageError } from '../../runs/usage-error.ts'
import { keyOf } from '../asking-venues.ts'
import type { Command } from '../command.ts'
import { LEDGER, PLACES, RUN, settingsOf } from '../flags.ts'
import { stoppable } from '../interrupt.ts'
import { reportText, scheduleText, waitingText } from '../sync-text.ts'

interface Flags {
  readonly once?: boolean
  readonly list?: boolean
  readonly job?: readonly string[]
  readonly config?: string
}

const SECTION = "sync: { jobs: [{ name: 'bars', cron: '2 * * * *', update: true }] }"

export default {
  words: '',
  flags: {
    once: { help: 'run what is due and end, for system cron; exit 1 if a job failed' },
    list: { help: 'show the jobs, when they run next and what came of their last runs; runs nothing' },
    job: {
      help: 'run these jobs now, due or not, and end (built in: those that are due)',
      value: 'NAME',
      isList: true,
    },
    ...PLACES,
    ...LEDGER,
    config: RUN['config']!,
  },
  example: 'klinelab data sync --list',
  async run(args, io) {
    const { once = false, list = false, job: only, config: explicit } = args.flags as Flags
    const { file, config } = await findConfig(io.cwd, explicit)
    if (config.sync === undefined)
      throw new UsageError(
        file === null
          ? `there is no klinelab.config.ts here or above; write one with ${SECTION}`
          : `${file}: has no "sync"; write ${SECTION}`,
      )
    const { jobs } = config.sync
    const names = jobs.map(({ name }) => name)
    const stranger = only?.find((name) => !names.includes(name))
    if (stranger !== undefined)
      throw new UsageError(
        `--job ${stranger}: there is no such job${didYouMean(stranger, names)}; there are ${names.join(', ')}`,
      )
    const settings = await settingsOf(args, io)
    // a bucket is no place for a lock
    const dir = isStoreUrl(settings.store) ? join(settings.out, 'sync') : settings.store
    if (list) {
      const rows = listJobs(jobs, dir, io.now)
      return { json: { jobs: rows }, text: scheduleText(rows, io.now) }
    }
    const hide = secretsHider(io.env)
    const steps = projectSteps({
      settings,
      config: file!,
      klinelab: [process.execPath, resolve(process.argv[1]!)],
      env: io.env,
      key: keyOf(io),
      now: Date.now,
    })
    const log = (line: string) => process.stderr.write(`${new Date().toISOString().slice(0, 19)}Z ${hide(line)}\n`)
    const clock = {
      now: Date.now,
      sleep: (ms: number, signal: AbortSignal) => setTimeout(ms, undefined, { signal }),
    }
    const isShort = once || only !== undefined
    const report = await stoppable((signal) => {
      // who hears that it waits may tell it to end
      if (!isShort && args.flags['json'] !== true) log(waitingText(listJobs(jobs, dir, io.now), io.now))
      return sync({ jobs, dir, isOnce: once, ...(only && { only }) }, steps, { clock, signal, log, hide })
    })
    return {
      json: report,
      text: reportText(report),
      // a service that is told to end has ended well
      ok: !isShort || report.failed === 0,
      ...(isShort && report.isStopped && { code: 130 }),
    }
  },
} satisfies Command
