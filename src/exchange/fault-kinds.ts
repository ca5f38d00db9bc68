/** What is done to a request, before or after it has been handled. */
export const REQUEST_FAULTS = {
  unknown: 'handled, then 503 "Unknown error…": nobody can tell whether it was',
  timeout: 'handled, then 408 -1007 after ms',
  reset: 'handled, then the connection is cut',
  hang: 'handled, and never answered',
  delay: 'handled, and answered after ms',
  late: 'handled after ms, or after so many steps of the replay',
  refused: 'the connection is cut before anything is handled',
  unavailable: '503 "Service Unavailable.", not handled',
  internal: '503 "Internal error…", not handled',
  throttled: '503 -1008, but orders that reduce pass',
  'rate-limit': '429 with Retry-After (seconds)',
  ban: '418 with Retry-After (seconds)',
  waf: '403 with a page of a firewall',
  error: 'refused with code and msg',
  garbled: 'handled, and half of the answer is sent',
  clock: 'the exchange’s clock is ms ahead for this request',
  'events-first': 'user events go out before the answer',
  'events-last': 'user events go out after the answer',
  'missing-bars': 'candles of an answer are left out, the last closed ones: count',
  'misaligned-bars': 'candles of an answer open ms late',
  'revised-bars': 'closed candles of an answer have other closes and volumes',
  filters: 'exchangeInfo states another tick, step or notional',
} as const

/** What is done to a frame of a websocket. */
export const FRAME_FAULTS = {
  drop: 'the frame is not sent',
  duplicate: 'the frame is sent twice, the second time after ms',
  'delay-frame': 'the frame is sent after ms',
  reorder: 'the frame is sent after the one that follows it',
  'half-open': 'the connection says nothing more, pongs included, and stays open',
  close: 'the connection is closed with 1001',
  cut: 'the connection is cut',
} as const

/** What befalls the account itself. */
export const ACCOUNT_FAULTS = {
  'trigger-rejected': 'a conditional order is turned away when its trigger is reached, with msg',
  orphan: 'the cancel of an algo order is answered with success, and the order lives on',
  liquidation: 'what is held at the open of a bar is liquidated, and all orders are cancelled',
  adl: 'what is held at the open of a bar is closed by auto-deleveraging: part',
  settlement: 'what is held at the open of a bar is settled by the exchange',
} as const

/** Positions that the exchange closes by orders of its own. */
export const SYSTEM_CLOSES = ['liquidation', 'adl', 'settlement'] as const
export type SystemClose = (typeof SYSTEM_CLOSES)[number]

export type FaultKind = keyof typeof REQUEST_FAULTS | keyof typeof FRAME_FAULTS | keyof typeof ACCOUNT_FAULTS

export const FAULT_KINDS: Readonly<Record<string, string>> = { ...REQUEST_FAULTS, ...FRAME_FAULTS, ...ACCOUNT_FAULTS }
