import { expect, test } from 'vitest'
import type { Row } from '../engine/scene.ts'
import { VenueScene } from './venue-scene.ts'

const CALM: Row = [100, 101, 99, 100]

/** Ten bought at 100 with 20-fold leverage, isolated: 50 set aside. */
function isolated(...next: Row[]): VenueScene {
  const scene = new VenueScene([CALM, CALM, ...next], { fees: { maker: 0, taker: 0 } })
  scene.ask('POST', '/fapi/v1/marginType', { symbol: 'BTCUSDT', marginType: 'ISOLATED' })
  scene.order({ side: 'BUY', type: 'MARKET', quantity: '10' })
  scene.bar()
  scene.listen()
  return scene
}

const change = (scene: VenueScene, type: string, amount: string) =>
  scene.ask('POST', '/fapi/v1/positionMargin', { symbol: 'BTCUSDT', type, amount })
const wallet = (scene: VenueScene) =>
  scene.ask('GET', '/fapi/v2/positionRisk', { symbol: 'BTCUSDT' }).body[0].isolatedWallet
const available = (scene: VenueScene) => scene.ask('GET', '/fapi/v3/balance').body[0].availableBalance

test('margin is given to a position and taken back: the account has so much less, and more again', () => {
  const scene = isolated(CALM)
  expect([wallet(scene), available(scene)]).toEqual(['50.00000000', '9950.00000000'])
  expect(change(scene, '1', '30.5').body).toEqual({
    amount: 30.5,
    code: 200,
    msg: 'Successfully modify position margin.',
    type: 1,
  })
  expect([wallet(scene), available(scene)]).toEqual(['80.50000000', '9919.50000000'])
  expect(scene.events).toMatchObject([
    { e: 'ACCOUNT_UPDATE', a: { m: 'MARGIN_TRANSFER', B: [{ bc: '0', wb: '10000.00000000', cw: '9919.50000000' }], P: [{ iw: '80.50000000' }] } },
  ]) // biome-ignore format: one event
  expect(change(scene, '2', '30.5').status).toBe(200)
  expect([wallet(scene), available(scene)]).toEqual(['50.00000000', '9950.00000000'])
  const history = (params = {}) =>
    scene.ask('GET', '/fapi/v1/positionMargin/history', { symbol: 'BTCUSDT', ...params }).body
  expect(history()).toMatchObject([
    { symbol: 'BTCUSDT', type: 1, deltaType: 'USER_ADJUST', amount: '30.50000000', asset: 'USDT', positionSide: 'BOTH' },
    { type: 2 },
  ]) // biome-ignore format: a line each
  expect(history({ type: 2 })).toHaveLength(1)
})

test('a position that was given margin stands a fall that would have taken it away', () => {
  const fall: Row = [100, 100, 95, 95]
  const held = (scene: VenueScene) => {
    scene.bar()
    return scene.ask('GET', '/fapi/v2/positionRisk', { symbol: 'BTCUSDT' }).body[0].positionAmt
  }
  expect(held(isolated(fall))).toBe('0.000')
  const scene = isolated(fall)
  change(scene, '1', '100')
  expect(held(scene)).toBe('10.000')
})

test.each<[string, (scene: VenueScene) => { body: { code: number } }, number]>([
  ['more than is free', (scene) => change(scene, '1', '9950.1'), -4050],
  ['more than the position can spare', (scene) => change(scene, '2', '0.1'), -4051],
  ['nothing', (scene) => change(scene, '1', '0'), -4055],
  ['finer than the account is kept', (scene) => change(scene, '1', '0.000000001'), -1111],
  ['neither given nor taken', (scene) => change(scene, '3', '1'), -1130],
  ['no amount', (scene) => change(scene, '1', ''), -1102],
])('%s', (_, ask, code) => {
  const scene = isolated(CALM)
  expect(ask(scene).body.code).toBe(code)
  expect([wallet(scene), scene.told()]).toEqual(['50.00000000', []])
})

test('what is lost stays: only what is left of it may be taken back', () => {
  const scene = isolated([100, 100, 98, 98])
  change(scene, '1', '50')
  scene.bar()
  // 100 set aside, 20 lost, 49 of initial margin at 98
  expect(change(scene, '2', '31.1').body.code).toBe(-4051)
  expect(change(scene, '2', '31').status).toBe(200)
})

test('there must be an isolated position', () => {
  const scene = new VenueScene([CALM, CALM])
  expect(change(scene, '1', '1').body.code).toBe(-4049)
  scene.ask('POST', '/fapi/v1/marginType', { symbol: 'BTCUSDT', marginType: 'ISOLATED' })
  expect(change(scene, '1', '1').body.code).toBe(-4054)
})
