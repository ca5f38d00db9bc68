import { readGone } from '../../runs/paper/last-state.ts'
import { outToSay } from '../../runs/paper/session-folder.ts'
import type { Command } from '../command.ts'
import { askNamed, untilEnded } from '../control-session.ts'
import { OUT, oneOf, settingsOf } from '../flags.ts'
import { heldText, paperText } from '../paper-text.ts'

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
    const settings = await settingsOf(args, io)
    const { orders = null } = args.flags as { orders?: 'keep' | 'cancel' }
    const { dir, snapshot: before } = await askNamed(settings, args.words[0], { ask: 'stop', orders })
    await untilEnded(dir)
    const { snapshot = before, state = 'stopped' } = (await readGone(dir)) ?? {}
    const { name, openOrders, position } = snapshot
    const gone = before.openOrders.filter(({ id }) => !openOrders.some((one) => one.id === id)).length
    const became = [`${openOrders.length} open`, ...(gone > 0 ? [`${gone} cancelled or filled`] : [])].join(', ')
    return {
      json: { name, dir, stopped: state === 'stopped', state, openOrders, position },
      text: `${name}: ${state}. Orders: ${became}. Still held: ${heldText(snapshot)}\n\n${paperText(snapshot, outToSay(settings), state)}`,
    }
  },
} satisfies Command
