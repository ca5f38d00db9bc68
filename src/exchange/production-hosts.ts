/** Names that Binance's clients ask for: a preload may lead them here. */
export const PRODUCTION_HOSTS = [
  'fapi.binance.com',
  'fstream.binance.com',
  'api.binance.com',
  'stream.binance.com',
] as const
