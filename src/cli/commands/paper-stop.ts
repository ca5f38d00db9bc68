import type { Command } from '../command.ts'
import { askNamed, untilEnded } from '../control-session.ts'
import { OUT, oneOf, settingsOf } from '../flags.ts'
import { paperText } from '../paper-text.ts'

export default {
  words: '[session]',
  flags: {
    orders: oneOf(
      'what becomes of open orders; cancel takes those that open, and stops and exits of a position stay (built in: what the session was started with)',
      'keep',
      'cancel',
    ),
    ...OUT,
  },
  example: 'klinelab paper stop sma-cross --orders keep',
  async run(args, io) {
    const { out } = await settingsOf(args, io)
    const { orders = null } = args.flags as { orders?: 'keep' | 'cancel' }
    const { dir, snapshot } = await askNamed(out, args.words[0], { ask: 'stop', orders })
    await untilEnded(dir)
    return {
      json: { name: snapshot.name, dir, stopped: true },
      text: `${snapshot.name} has stopped\n\n${paperText(snapshot)}`,
    }
  },
} satisfies Command
