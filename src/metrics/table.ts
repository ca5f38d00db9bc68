/** Every figure of a run: what it is called, what it means, where the formula comes from. A test holds it to the code. */
export interface MetricRow {
  readonly key: string
  readonly label: string
  readonly unit: 'fraction' | 'quote' | 'base' | 'count' | 'ratio' | 'ms' | 'bars' | 'time'
  readonly group: 'Result' | 'Risk' | 'Drawdown' | 'Trades' | 'Costs' | 'Orders' | 'Time'
  readonly formula: string
  readonly source: string
}

const row = (
  key: string,
  label: string,
  unit: MetricRow['unit'],
  group: MetricRow['group'],
  formula: string,
  source: string,
): MetricRow => ({ key, label, unit, group, formula, source })

export const METRICS: readonly MetricRow[] = [
  row('start', 'Start', 'time', 'Time', 'close of the first bar of the range', 'backtesting.py Start'),
  row('end', 'End', 'time', 'Time', 'close of the last bar', 'backtesting.py End'),
  row('duration', 'Duration', 'ms', 'Time', 'end − start, with the first bar\'s length', 'backtesting.py Duration, vectorbt Period'),
  row('startEquity', 'Start equity', 'quote', 'Result', 'cash at the start', 'vectorbt Start Value'),
  row('endEquity', 'End equity', 'quote', 'Result', 'cash + open positions at the last close', 'backtesting.py Equity Final'),
  row('equityPeak', 'Equity peak', 'quote', 'Result', 'highest equity at a close', 'backtesting.py Equity Peak'),
  row('netProfit', 'Net profit', 'quote', 'Result', 'endEquity − startEquity', 'freqtrade Absolute profit'),
  row('totalReturn', 'Total return', 'fraction', 'Result', 'endEquity ÷ startEquity − 1', 'backtesting.py Return'),
  row('buyAndHold', 'Buy and hold', 'fraction', 'Result', 'return of the benchmark: all cash at the first open, taker fee and slippage paid, marked at closes', 'vectorbt Benchmark Return'),
  row('cagr', 'CAGR', 'fraction', 'Result', '(endEquity ÷ startEquity)^(365 days ÷ duration) − 1', 'backtesting.py CAGR, with 365 days'),
  row('exposure', 'Exposure', 'fraction', 'Result', 'share of bars with a position at the close', 'backtesting.py Exposure Time'),
  row('maxGrossExposure', 'Most gross exposure', 'fraction', 'Result', 'highest gross notional ÷ equity at a close', 'vectorbt Max Gross Exposure'),
  row('turnover', 'Turnover', 'ratio', 'Result', 'Σ fill notional ÷ mean equity', 'LEAN Portfolio Turnover, not per day'),
  row('volatility', 'Volatility', 'fraction', 'Risk', 'sample deviation of daily returns × √365', 'backtesting.py Volatility (Ann.), with 365 days'),
  row('sharpe', 'Sharpe', 'ratio', 'Risk', '(mean daily return − riskFree ÷ 365) ÷ sample deviation × √365', 'Sharpe 1994'),
  row('sharpeLow', 'Sharpe, 95 % low', 'ratio', 'Risk', 'sharpe − 1.96 × standard error, √((1 + s²/2 − skew·s + (kurtosis)/4·s²) ÷ n) × √365 with daily s', 'Mertens 2002'),
  row('sharpeHigh', 'Sharpe, 95 % high', 'ratio', 'Risk', 'as sharpeLow, plus', 'Mertens 2002'),
  row('sortino', 'Sortino', 'ratio', 'Risk', '(mean daily return − riskFree ÷ 365) ÷ √(mean of min(0, excess)²) × √365', 'Sortino and Price 1994'),
  row('calmar', 'Calmar', 'ratio', 'Risk', 'cagr ÷ maxDrawdown', 'Young 1991'),
  row('omega', 'Omega', 'ratio', 'Risk', 'Σ gains ÷ Σ losses of daily returns over riskFree ÷ 365', 'Keating and Shadwick 2002'),
  row('skew', 'Skew', 'ratio', 'Risk', 'third standardised moment of daily returns (population)', 'vectorbt Skew'),
  row('kurtosis', 'Excess kurtosis', 'ratio', 'Risk', 'fourth standardised moment − 3 (population)', 'vectorbt Kurtosis'),
  row('tailRatio', 'Tail ratio', 'ratio', 'Risk', '|95th ÷ 5th percentile of daily returns|', 'vectorbt Tail Ratio'),
  row('commonSenseRatio', 'Common sense ratio', 'ratio', 'Risk', 'tailRatio × (Σ daily gains ÷ Σ daily losses)', 'vectorbt Common Sense Ratio'),
  row('valueAtRisk', 'Value at risk, 95 %', 'fraction', 'Risk', '5th percentile of daily returns', 'vectorbt Value at Risk'),
  row('alpha', 'Alpha', 'fraction', 'Risk', '365 × (mean excess return − beta × mean excess benchmark return)', 'Jensen 1968'),
  row('beta', 'Beta', 'ratio', 'Risk', 'covariance with the benchmark\'s daily returns ÷ their variance', 'backtesting.py Beta'),
  row('maxDrawdown', 'Largest drawdown', 'fraction', 'Drawdown', 'largest fall from a peak of equity at the closes ÷ that peak', 'backtesting.py Max. Drawdown, as a positive fraction'),
  row('maxDrawdownBars', 'Longest drawdown', 'bars', 'Drawdown', 'most instants from a peak to its recovery (or the end)', 'backtesting.py Max. Drawdown Duration'),
  row('maxDrawdownDuration', 'Longest drawdown, time', 'ms', 'Drawdown', 'the same as time', 'vectorbt Max Drawdown Duration'),
  row('avgDrawdown', 'Mean drawdown', 'fraction', 'Drawdown', 'mean depth of all drawdowns', 'backtesting.py Avg. Drawdown'),
  row('avgDrawdownDuration', 'Mean drawdown, time', 'ms', 'Drawdown', 'mean time from peak to recovery (or the end)', 'backtesting.py Avg. Drawdown Duration'),
  row('drawdowns', 'Drawdowns', 'count', 'Drawdown', 'falls below a peak', 'vectorbt drawdowns Total Records'),
  row('recoveredDrawdowns', 'Recovered', 'count', 'Drawdown', 'drawdowns that reached their peak again', 'vectorbt Total Recovered Drawdowns'),
  row('activeDrawdown', 'Drawdown at the end', 'fraction', 'Drawdown', 'endEquity below the peak ÷ peak, 0 at a peak', 'vectorbt Active Drawdown'),
  row('activeDrawdownDuration', 'Its duration', 'ms', 'Drawdown', 'time since that peak', 'vectorbt Active Duration'),
  row('maxRecoveryDuration', 'Longest recovery', 'ms', 'Drawdown', 'most time from a valley to the peak again', 'vectorbt Max Recovery Duration'),
  row('avgRecoveryDuration', 'Mean recovery', 'ms', 'Drawdown', 'mean time from valley to peak again', 'vectorbt Avg Recovery Duration'),
  row('trades', 'Trades', 'count', 'Trades', 'closed round trips, from flat to flat', 'backtesting.py # Trades'),
  row('openTrades', 'Open trades', 'count', 'Trades', 'positions open at the end; in no other figure of this group', 'vectorbt Total Open Trades'),
  row('openTradePnl', 'Open profit', 'quote', 'Trades', 'profit of open positions at the last close, fees paid so far taken off', 'vectorbt Open Trade PnL'),
  row('longTrades', 'Long trades', 'count', 'Trades', 'closed trades that began with a buy', 'vectorbt Total Long Trades'),
  row('shortTrades', 'Short trades', 'count', 'Trades', 'closed trades that began with a sale', 'vectorbt Total Short Trades'),
  row('winRate', 'Win rate', 'fraction', 'Trades', 'trades with pnl > 0 ÷ trades', 'backtesting.py Win Rate'),
  row('profitFactor', 'Profit factor', 'ratio', 'Trades', 'Σ pnl of winners ÷ |Σ pnl of losers|', 'backtesting.py Profit Factor, in money'),
  row('expectancy', 'Expectancy', 'quote', 'Trades', 'mean pnl of a trade', 'vectorbt Expectancy'),
  row('avgTrade', 'Mean trade', 'fraction', 'Trades', 'mean return of a trade', 'backtesting.py Expectancy; Avg. Trade is its geometric kin'),
  row('avgTradeGeometric', 'Mean trade, geometric', 'fraction', 'Trades', '(Π (1 + return))^(1 ÷ trades) − 1', 'backtesting.py Avg. Trade'),
  row('bestTrade', 'Best trade', 'fraction', 'Trades', 'highest return of a trade', 'backtesting.py Best Trade'),
  row('worstTrade', 'Worst trade', 'fraction', 'Trades', 'lowest return of a trade', 'backtesting.py Worst Trade'),
  row('avgWin', 'Mean winner', 'fraction', 'Trades', 'mean return of trades with pnl > 0', 'vectorbt Avg Winning Trade'),
  row('avgLoss', 'Mean loser', 'fraction', 'Trades', 'mean return of trades with pnl < 0', 'vectorbt Avg Losing Trade'),
  row('avgTradeDuration', 'Mean holding', 'ms', 'Trades', 'mean of exitTime − entryTime', 'backtesting.py Avg. Trade Duration'),
  row('maxTradeDuration', 'Longest holding', 'ms', 'Trades', 'longest exitTime − entryTime', 'backtesting.py Max. Trade Duration'),
  row('avgWinDuration', 'Mean holding, winners', 'ms', 'Trades', 'mean over trades with pnl > 0', 'vectorbt Avg Winning Trade Duration'),
  row('avgLossDuration', 'Mean holding, losers', 'ms', 'Trades', 'mean over trades with pnl < 0', 'vectorbt Avg Losing Trade Duration'),
  row('maxWinStreak', 'Longest winning streak', 'count', 'Trades', 'most trades in a row with pnl > 0', 'vectorbt Max Win Streak'),
  row('maxLossStreak', 'Longest losing streak', 'count', 'Trades', 'most trades in a row with pnl < 0', 'vectorbt Max Loss Streak'),
  row('firstTrade', 'First trade', 'time', 'Trades', 'entry time of the first trade', 'vectorbt First Trade Start'),
  row('lastTrade', 'Last trade', 'time', 'Trades', 'exit time of the last closed trade', 'vectorbt Last Trade End'),
  row('coverage', 'Coverage', 'fraction', 'Trades', 'share of the duration inside at least one closed trade', 'vectorbt Coverage'),
  row('overlapCoverage', 'Overlap', 'fraction', 'Trades', 'share of that time inside two or more', 'vectorbt Overlap Coverage'),
  row('sqn', 'SQN', 'ratio', 'Trades', '√trades × mean pnl ÷ sample deviation of pnl', 'Tharp; backtesting.py SQN'),
  row('kelly', 'Kelly', 'fraction', 'Trades', 'winRate − (1 − winRate) ÷ (mean winning return ÷ |mean losing return|)', 'Kelly 1956; backtesting.py Kelly Criterion'),
  row('fees', 'Fees', 'quote', 'Costs', 'Σ fees of all fills', 'backtesting.py Commissions, vectorbt Total Fees Paid'),
  row('slippage', 'Slippage', 'quote', 'Costs', 'Σ |price − reference| × qty of all fills', 'ours'),
  row('funding', 'Funding', 'quote', 'Costs', 'Σ funding paid (negative: received)', 'ours'),
  row('costShare', 'Costs ÷ gross profit', 'fraction', 'Costs', '(fees + slippage + funding) ÷ (netProfit + fees + slippage + funding)', 'ours'),
  row('orders', 'Fills', 'count', 'Orders', 'executions', 'vectorbt orders Total Records'),
  row('buyOrders', 'Buys', 'count', 'Orders', 'executions that bought', 'vectorbt Total Buy Orders'),
  row('sellOrders', 'Sales', 'count', 'Orders', 'executions that sold', 'vectorbt Total Sell Orders'),
  row('minOrderSize', 'Smallest fill', 'base', 'Orders', 'smallest qty', 'vectorbt Min Size'),
  row('maxOrderSize', 'Largest fill', 'base', 'Orders', 'largest qty', 'vectorbt Max Size'),
  row('avgOrderSize', 'Mean fill', 'base', 'Orders', 'mean qty', 'vectorbt Avg Size'),
  row('avgBuyPrice', 'Mean buy price', 'quote', 'Orders', 'mean price of buys', 'vectorbt Avg Buy Price'),
  row('avgSellPrice', 'Mean sale price', 'quote', 'Orders', 'mean price of sales', 'vectorbt Avg Sell Price'),
  row('minFee', 'Smallest fee', 'quote', 'Orders', 'smallest fee of a fill', 'vectorbt Min Fees'),
  row('maxFee', 'Largest fee', 'quote', 'Orders', 'largest fee of a fill', 'vectorbt Max Fees'),
  row('avgFee', 'Mean fee', 'quote', 'Orders', 'mean fee of a fill', 'vectorbt Avg Fees'),
]

/** The table for the README. */
export function metricsMarkdown(): string {
  const lines = METRICS.map((m) => `| \`${m.key}\` | ${m.label} | ${m.unit} | ${m.formula.replaceAll('|', '\\|')} | ${m.source} |`)
  return ['| key | name | unit | formula | source |', '|---|---|---|---|---|', ...lines].join('\n')
}
