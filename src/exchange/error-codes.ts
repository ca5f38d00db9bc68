import type { WireReply } from './wire.ts'

/** What Binance says with each code, USDS-M's error list; `%` stands for a name. */
const MESSAGES = {
  '-1000': 'An unknown error occurred while processing the request.',
  '-1013': 'Invalid message.',
  '-1021': 'Timestamp for this request is outside of the recvWindow.',
  '-1022': 'Signature for this request is not valid.',
  '-1100': "Illegal characters found in parameter '%'.",
  '-1102': "Mandatory parameter '%' was not sent, was empty/null, or malformed.",
  '-1106': "Parameter '%' sent when not required.",
  '-1111': 'Precision is over the maximum defined for this asset.',
  '-1115': 'Invalid timeInForce.',
  '-1116': 'Invalid orderType.',
  '-1117': 'Invalid side.',
  '-1121': 'Invalid symbol.',
  '-1125': 'This listenKey does not exist.',
  '-1128': 'Combination of optional parameters invalid.',
  '-1130': "Data sent for parameter '%' is not valid.",
  '-2011': 'Unknown order sent.',
  '-2013': 'Order does not exist.',
  '-2014': 'API-key format invalid.',
  '-2015': 'Invalid API-key, IP, or permissions for action.',
  '-2019': 'Margin is insufficient.',
  '-2021': 'Order would immediately trigger.',
  '-2022': 'ReduceOnly Order is rejected.',
  '-2027': 'Exceeded the maximum allowable position at current leverage.',
  '-2028': 'Leverage is smaller than permitted: insufficient margin balance.',
  '-4003': 'Quantity less than or equal to zero.',
  '-4004': 'Quantity less than min quantity.',
  '-4005': 'Quantity greater than max quantity.',
  '-4013': 'Price less than min price.',
  '-4014': 'Price not increased by tick size.',
  '-4015': 'Client order id is not valid.',
  '-4016': 'Price is higher than mark price multiplier cap.',
  '-4023': 'Quantity not increased by step size.',
  '-4024': 'Price is lower than mark price multiplier floor.',
  '-4028': 'Leverage % is not valid.',
  '-4045': 'Reach max stop order limit.',
  '-4046': 'No need to change margin type.',
  '-4047': 'Margin type cannot be changed if there exists open orders.',
  '-4048': 'Margin type cannot be changed if there exists position.',
  '-4059': 'No need to change position side.',
  '-4061': "Order's position side does not match user's setting.",
  '-4116': 'ClientOrderId is duplicated.',
  '-4118': 'ReduceOnly Order Failed. Please check your existing position and open orders.',
  '-4120': 'Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.',
  '-4131': "The counterparty's best price does not meet the PERCENT_PRICE filter limit.",
  '-4164': "Order's notional must be no smaller than % (unless you choose reduce only).",
  '-5021': 'Due to the order could not be filled immediately, the FOK order has been rejected. The order will not be recorded in the order history.',
  '-5022': 'Due to the order could not be executed as maker, the Post Only order will be rejected. The order will not be recorded in the order history.',
} as const // biome-ignore format: a line a code

export type ErrorCode = keyof typeof MESSAGES extends `${infer N extends number}` ? N : never

/** A request is refused: what Binance answers instead of what was asked for. */
export class Refused extends Error {
  readonly code: number
  readonly status: number

  constructor(code: ErrorCode, of = '', status = 400) {
    super(MESSAGES[`${code}`].replace('%', of))
    this.code = code
    this.status = status
  }
}

const JSON_HEADERS = { 'content-type': 'application/json;charset=UTF-8' }

export function errorReply(code: number, msg: string, status = 400): WireReply {
  return { status, headers: JSON_HEADERS, body: JSON.stringify({ code, msg }) }
}

export function jsonReply(value: unknown): WireReply {
  return { status: 200, headers: JSON_HEADERS, body: JSON.stringify(value) }
}
