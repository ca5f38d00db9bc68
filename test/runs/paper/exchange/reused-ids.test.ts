import { beforeEach, describe, expect, test } from 'vitest'
import { amend, buy, cancel, sell } from '../../../../src/core/order.ts'
import { said } from './stub-answer.ts'
import { goOn, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/** An id is an order's while it is open: what became of the one before says nothing of the next. */
describe.each(['usdm', 'spot'] as const)('%s', (kind) => {
  useStub(kind)
  const door = kind === 'spot' ? 'POST /fapi/v1/order' : 'POST /fapi/v1/algoOrder'

  /** A stop of the strategy's own, refused, so that it left at the market; and the position is opened again. */
  async function leftOnce(): Promise<void> {
    await session.settle(buy({ qty: 1 }))
    stub.fill(stub.open()[0]!, 1, '100')
    await until('it is known', () => session.position === 1)
    stub.fault(door, () => said(-2021, 'Order would immediately trigger.'))
    session.decide(sell({ qty: 1, stop: 90, id: 'guard', reduceOnly: true }))
    await until('it leaves', () => stub.open().some(({ type, side }) => type === 'MARKET' && side === 'SELL'))
    stub.fill(stub.open()[0]!, 1, '100')
    await until('it has left', () => session.position === 0)
    await session.broker.idle()
    await session.settle(buy({ qty: 1 }))
    stub.fill(stub.open()[0]!, 1, '100')
    await until('it is known', () => session.position === 1)
  }

  test.each(['at once', 'after a restart'])(
    'a stop whose id had to leave at the market before rests, %s',
    async (when) => {
      await leftOnce()
      await session.settle(sell({ qty: 1, stop: 80, id: 'guard', reduceOnly: true }))
      if (when !== 'at once') await goOn()
      expect(stub.open().map(({ type, trigger }) => `${type} ${trigger}`)).toEqual([
        kind === 'spot' ? 'STOP_LOSS 80' : 'STOP_MARKET 80',
      ])
    },
  )

  test('an exit is sent though the end of the one before was not heard of', async () => {
    await session.settle(buy({ qty: 2 }))
    stub.fill(stub.open()[0]!, 2, '100')
    await until('it is known', () => session.position === 2)
    await session.settle(sell({ qty: 1, limit: 110, id: 'out', reduceOnly: true }))
    stub.isMute = true
    stub.fill(stub.open()[0]!, 1, '110')
    stub.isMute = false
    stub.fault('GET /fapi/v1/openOrders', () => said(-1008, 'busy', 503), 99)
    stub.dropStreams()
    await until('it is known', () => session.position === 1)
    session.decide(sell({ qty: 1, limit: 111, id: 'out', reduceOnly: true }))
    await until('it rests', () => stub.open().length === 1)
    expect(stub.open()[0]).toMatchObject({ price: '111', qty: 1 })
  })

  const posts = (path = '/order') =>
    stub.requests.flatMap(({ method, path: at, params }) =>
      method === 'POST' && at.endsWith(path) ? [params.get('price')] : [],
    )
  const ends = () =>
    session.run.events.flatMap((event) =>
      event.type === 'rejected' || (event.type === 'cancelled' && event.reason !== 'requested') ? [event] : [],
    )

  /** The next request is answered so, and not before `answer` is called. */
  function hold(what: string, code: number, text: string, status = 400): () => void {
    let answer = () => {}
    const called = new Promise<void>((done) => {
      answer = done
    })
    stub.fault(what, async () => {
      await called
      return said(code, text, status)
    })
    return answer
  }

  test('a refusal that comes when the id is the next order’s is not that one’s', async () => {
    const answer = hold('POST /fapi/v1/order', -2019, 'Margin is insufficient.')
    session.decide(buy({ qty: 1, limit: 90, id: 'entry' }))
    await until('it has left', () => posts().length === 1)
    session.decide([cancel('entry'), buy({ qty: 1, limit: 89, id: 'entry' })])
    answer()
    await session.broker.idle()
    expect([posts(), stub.open().map(({ price }) => price), ends()]).toEqual([['90', '89'], ['89'], []])
  })

  test('a stop that was passed when its id is the next stop’s takes nothing to the market', async () => {
    await session.settle(buy({ qty: 1 }))
    stub.fill(stub.open()[0]!, 1, '100')
    await until('it is known', () => session.position === 1)
    const answer = hold(door, -2021, 'Order would immediately trigger.')
    const before = stub.count(door)
    session.decide(sell({ qty: 1, stop: 99, id: 'guard', reduceOnly: true }))
    await until('it has left', () => stub.count(door) > before)
    session.decide([cancel('guard'), sell({ qty: 1, stop: 80, id: 'guard', reduceOnly: true })])
    answer()
    await session.broker.idle()
    expect(stub.open().map(({ type, trigger }) => `${type} ${trigger}`)).toEqual([
      kind === 'spot' ? 'STOP_LOSS 80' : 'STOP_MARKET 80',
    ])
    expect(session.said).toEqual([])
  })

  test('a refusal that waits for its turn to be told is not told of the next order', async () => {
    await session.settle(buy({ qty: 1, limit: 95, id: 'other' }))
    const answer = hold('POST /fapi/v1/order', -2019, 'Margin is insufficient.')
    session.decide(buy({ qty: 1, limit: 90, id: 'entry' }))
    await until('it has left', () => posts().length === 2)
    session.onWritten = (written) => {
      if (!('note' in written) || written.note.note !== 'told') return
      // the fill is told of for as long as this
      session.diskMs = 1000
      answer()
    }
    stub.fill(stub.open()[0]!, 1, '95')
    await until('the refusal is heard of', () => session.logged.includes('order refused'))
    session.diskMs = 0
    session.decide([cancel('entry'), buy({ qty: 1, limit: 89, id: 'entry' })])
    await session.broker.idle()
    expect([session.position, stub.open().map(({ price }) => price), ends()]).toEqual([1, ['89'], []])
  })

  test.runIf(kind === 'spot')('what waits for coins to be given back is not sent as the next order’s', async () => {
    await session.settle(buy({ qty: 1 }))
    stub.fill(stub.open()[0]!, 1, '100')
    await until('it is known', () => session.position === 1)
    stub.fault('POST /fapi/v1/order', ({ carryOut, reset }) => {
      stub.isMute = true
      carryOut()
      stub.isMute = false
      reset()
    })
    let isBusy = true
    stub.fault('GET /fapi/v1/order', ({ carryOut }) => (isBusy ? said(-1008, 'busy', 503) : carryOut()), 9999)
    session.decide(sell({ qty: 1, limit: 120, id: 'far' }))
    await until('nobody knows what came of it', () => stub.count('GET /fapi/v1/order') > 0)
    const answer = hold('DELETE /fapi/v1/order', -1008, 'busy', 503)
    session.decide([cancel('far'), sell({ qty: 1, id: 'out' })])
    await until('it is to be taken back', () => stub.count('DELETE /fapi/v1/order') > 0)
    session.decide([cancel('out'), sell({ qty: 1, limit: 130, id: 'out' })])
    answer()
    isBusy = false
    await session.broker.idle()
    expect([stub.open().map(({ price }) => price), session.position]).toEqual([['130'], 1])
    expect(
      stub.requests.filter(({ params }) => `${params.get('type')} ${params.get('side')}` === 'MARKET SELL'),
    ).toEqual([])
  })

  describe('while the exchange asks for silence', () => {
    const NEXT = buy({ qty: 1, limit: 89, id: 'entry', tif: 'GTX' })
    beforeEach(async () => {
      await session.settle(buy({ qty: 1, limit: 50, id: 'resting' }))
      const headers = { 'retry-after': '1' }
      stub.fault('POST /fapi/v1/order', () => ({ ...said(-1003, 'Too many requests.', 429), headers }))
      session.decide(buy({ qty: 1, limit: 51, id: 'other' }))
      await until('it does', () => session.said.includes('rate-limit warning'))
    })

    test.each([
      ['cancelled', [cancel('entry')], ['50', '51', '51']],
      ['replaced', [cancel('entry'), NEXT], ['50', '51', '51', '89']],
    ] as const)('what waits and is %s meanwhile is not sent', async (_, decision, sent) => {
      session.decide(buy({ qty: 1, limit: 90, id: 'entry', tif: 'GTX' }))
      // the other order is noted anew too, before or after
      const isNoted = () =>
        session.journal.some((one) => 'note' in one && one.note.note === 'sending' && one.note['order'] === 'entry')
      await until('it waits', isNoted)
      // a turn of the loop after its note it is at the gate
      await new Promise(setImmediate)
      session.decide([...decision])
      await session.broker.idle()
      expect([posts().toSorted(), ends()]).toEqual([sent, []])
    })

    test.runIf(kind === 'usdm')('a change of what is cancelled meanwhile is not sent', async () => {
      session.decide(amend('resting', { limit: 52 }))
      session.decide(cancel('resting'))
      await session.broker.idle()
      expect([stub.count('PUT /fapi/v1/order'), stub.open().map(({ price }) => price)]).toEqual([0, ['51']])
    })
  })
})
