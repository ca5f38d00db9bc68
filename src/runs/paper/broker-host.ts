import type { InputQueue } from './input-queue.ts'
import type { BrokerHost } from './paper-broker.ts'
import type { SessionCommands } from './session-commands.ts'
import type { SessionFile } from './session-file.ts'
import type { SessionOptions } from './session-options.ts'
import type { SessionState } from './session-state.ts'
import type { SessionVoice } from './session-voice.ts'

interface HostParts {
  readonly options: SessionOptions
  readonly file: SessionFile
  readonly state: SessionState
  readonly queue: InputQueue
  readonly voice: SessionVoice
  readonly commands: SessionCommands
  /** As late as the session says it is, UTC ms. */
  readonly now: () => number
}

/** A session as its broker sees it. */
export function brokerHost(
  { options: { real, replay }, file, state, queue, voice, commands, now }: HostParts,
  own: Pick<BrokerHost, 'signal' | 'sent' | 'reconnected' | 'command'>,
): BrokerHost {
  return {
    run: state.run,
    notes: state.notes,
    note: async (note) => void (await queue.put(note)),
    tell: async (told) => void (await queue.put({ kind: 'told', told })),
    // where time goes otherwise than here an alarm begins by the clock that it ends by
    alarm: (alarm) => voice.alarm({ ...alarm, at: now() }),
    over: (stands) => voice.over(stands),
    halt: (why) => commands.give('halt', why, 'broker'),
    flatten: (why) => commands.give('flatten', why, 'broker'),
    log: (level, text, fields) => voice.log(level, text, fields),
    now: () => real.now(),
    ...(replay?.isSame !== undefined && { isSame: () => replay.isSame!() }),
    ...(replay?.another !== undefined && { another: replay.another }),
    sessionId: file.session,
    symbols: file.slots.map(({ instrument, margin, costs }, k) => ({
      ...{ symbol: instrument.symbol, instrument, series: state.seriesOf(k) },
      ...{ leverage: margin?.leverage ?? 1, margin: margin?.mode ?? null },
      fees: { maker: costs.feeMaker, taker: costs.feeTaker },
    })),
    ...own,
  }
}
