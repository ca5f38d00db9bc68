"""backtesting.py on strategies/sma-cross.ts. The clock holds its bar loop; statistics are taken off it."""
import sys
import time
import warnings
from importlib.metadata import version

import pandas as pd
from backtesting import Backtest, Strategy
from backtesting import backtesting as engine

from common import ATR, FAST, FEE, SLIPPAGE, SLOW, read_bars, serve, wilder

warnings.filterwarnings("ignore")
# its progress bar costs time and belongs on no one's screen here
engine._tqdm = lambda values, **_: values
bars = read_bars(sys.argv[1])
data = pd.DataFrame(
    {name.capitalize(): bars[name] for name in ("open", "high", "low", "close", "volume")},
    index=pd.to_datetime(bars["openTime"], unit="ms"),
)
atr = wilder(bars["high"], bars["low"], bars["close"])

spent = 0.0
compute_stats = engine.compute_stats


def timed_stats(*args, **kwargs):
    global spent
    start = time.perf_counter()
    try:
        return compute_stats(*args, **kwargs)
    finally:
        spent += time.perf_counter() - start


engine.compute_stats = timed_stats


def mean(values, period):
    return pd.Series(values).rolling(period).mean()


class Plain(Strategy):
    def init(self):
        self.fast = self.I(mean, self.data.Close, FAST)
        self.slow = self.I(mean, self.data.Close, SLOW)

    def next(self):
        if not self.position:
            if self.fast[-1] > self.slow[-1] and self.fast[-2] <= self.slow[-2]:
                self.buy(size=1)
        elif self.fast[-1] < self.slow[-1]:
            self.position.close()


class Bracket(Plain):
    def init(self):
        super().init()
        self.atr = self.I(lambda: atr, name="atr")

    def next(self):
        if not self.position:
            if self.fast[-1] > self.slow[-1] and self.fast[-2] <= self.slow[-2]:
                close, reach = self.data.Close[-1], self.atr[-1]
                stop, target = close - 2 * reach, close + 4 * reach
                if stop < close * (1 + SLIPPAGE) < target:
                    self.buy(size=1, sl=stop, tp=target)
        elif self.fast[-1] < self.slow[-1]:
            self.position.close()


def run(has_bracket):
    global spent
    # it trades whole units, so one coin and ten times the cash
    test = Backtest(data, Bracket if has_bracket else Plain, cash=10_000_000, commission=FEE, spread=SLIPPAGE)
    spent = 0.0
    start = time.perf_counter()
    stats = test.run()
    seconds = time.perf_counter() - start - spent
    return {"seconds": seconds, "statistics": spent, "trades": int(stats["# Trades"])}


serve({"backtesting": version("backtesting"), "numpy": version("numpy"), "pandas": version("pandas"), "python": sys.version.split()[0]}, run)
