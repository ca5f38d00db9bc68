import type { WireReply } from './wire.ts'

/** What Binance says with each code, USDS-M's error list and spot's; `%` stands for a name. */
const MESSAGES = {
  [-1000]: 'An unknown error occurred while processing the request.',
  [-1013]: 'Filter failure: %',
  [-1021]: 'Timestamp for this request %.',
  [-1022]: 'Signature for this request is not valid.',
  [-1100]: "Illegal characters found in parameter '%'",
  [-1102]: "Mandatory parameter '%' was not sent, was empty/null, or malformed.",
  [-1106]: "Parameter '%' sent when not required.",
  [-1111]: 'Precision is over the maximum defined for this asset.',
  [-1115]: 'Invalid timeInForce.',
  [-1116]: 'Invalid orderType.',
  [-1117]: 'Invalid side.',
  [-1121]: 'Invalid symbol.',
  [-1125]: 'This listenKey does not exist.',
  [-1127]: 'More than 7 days between startTime and endTime.',
  [-1128]: 'Combination of optional parameters invalid.',
  [-1130]: "Data sent for parameter '%' is not valid.",
  [-1131]: 'recvWindow must be less than 60000.',
  [-2007]: 'Invalid callBack rate.',
  [-2010]: '%',
  [-2011]: 'Unknown order sent.',
  [-2013]: 'Order does not exist.',
  [-2014]: 'API-key format invalid.',
  [-2015]: 'Invalid API-key, IP, or permissions for action.',
  [-2019]: 'Margin is insufficient.',
  [-2021]: 'Order would immediately trigger.',
  [-2022]: 'ReduceOnly Order is rejected.',
  [-2025]: 'Reach max open order limit.',
  [-2027]: 'Exceeded the maximum allowable position at current leverage.',
  [-2028]: 'Leverage is smaller than permitted: insufficient margin balance.',
  [-4002]: 'Price greater than max price.',
  [-4003]: 'Quantity less than or equal to zero.',
  [-4004]: 'Quantity less than min quantity.',
  [-4005]: 'Quantity greater than max quantity.',
  [-4013]: 'Price less than min price.',
  [-4014]: 'Price not increased by tick size.',
  [-4015]: 'Client order id is not valid.',
  [-4016]: 'Price is higher than mark price multiplier cap.',
  [-4023]: 'Quantity not increased by step size.',
  [-4024]: 'Price is lower than mark price multiplier floor.',
  [-4028]: 'Leverage % is not valid.',
  [-4045]: 'Reach max stop order limit.',
  [-4046]: 'No need to change margin type.',
  [-4047]: 'Margin type cannot be changed if there exists open orders.',
  [-4048]: 'Margin type cannot be changed if there exists position.',
  [-4049]: 'Add margin only support for isolated position.',
  [-4050]: 'Cross balance insufficient.',
  [-4051]: 'Isolated balance insufficient.',
  [-4054]: 'Cannot add position margin: position is 0.',
  [-4055]: 'Amount must be positive.',
  [-4059]: 'No need to change position side.',
  [-4060]: 'Invalid position side.',
  [-4061]: "Order's position side does not match user's setting.",
  [-4082]: 'Invalid number of batch place orders.',
  [-4108]: 'Symbol is on delivering or delivered or settling or closed or pre-trading.',
  [-4116]: 'ClientOrderId is duplicated.',
  [-4120]: 'Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.',
  [-4137]: 'Quantity must be zero with closePosition equals true.',
  [-4161]: 'Leverage reduction is not supported in Isolated Margin Mode with open positions.',
  [-4164]: "Order's notional must be no smaller than % (unless you choose reduce only).",
  [-4171]: 'No need to change multi-assets mode.',
  [-5021]: 'Due to the order could not be filled immediately, the FOK order has been rejected. The order will not be recorded in the order history.',
  [-5022]: 'Due to the order could not be executed as maker, the Post Only order will be rejected. The order will not be recorded in the order history.',
  [-5026]: 'Modify order is limited to % times.',
  [-5027]: 'No need to modify the order.',
  [-5040]: 'goodTillDate timestamp must be greater than the current time plus 600 seconds and smaller than 253402300799000.',
  [-5047]: 'The original order is not a reduce-only order.',
} as const // biome-ignore format: a line a code

export type ErrorCode = keyof typeof MESSAGES

/** A request is refused: what Binance answers instead of what was asked for. */
export class Refused extends Error {
  readonly code: ErrorCode
  readonly status: number
  /** What is told beside code and message. */
  readonly data: object | undefined

  /** @param more appended to the message */
  constructor(code: ErrorCode, of = '', more = '', status = 400, data?: object) {
    super(`${MESSAGES[code].replace('%', of)}${more}`)
    this.code = code
    this.status = status
    this.data = data
  }
}

const JSON_HEADERS = { 'content-type': 'application/json;charset=UTF-8' }

export function errorReply(code: number, msg: string, status = 400, data?: object): WireReply {
  return { status, headers: JSON_HEADERS, body: JSON.stringify({ code, msg, ...(data !== undefined && { data }) }) }
}

export function jsonReply(value: unknown): WireReply {
  return { status: 200, headers: JSON_HEADERS, body: JSON.stringify(value) }
}
