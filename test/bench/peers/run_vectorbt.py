"""vectorbt's Rust engine on strategies/sma-cross.ts, written as its documentation writes it. On the clock: indicators,
signals, orders and the equity column, which is what comes out of ours; everything is warmed first."""
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
import vectorbt as vbt
from vectorbt.portfolio.enums import StopEntryPrice, StopExitPrice

from common import ATR, FAST, FEE, SLIPPAGE, SLOW, read_bars, serve

warnings.filterwarnings("ignore")
bars = read_bars(sys.argv[1])
index = pd.to_datetime(bars["openTime"], unit="ms")
opens, high, low, close = (pd.Series(bars[name], index=index) for name in ("open", "high", "low", "close"))
ENGINE = "rust"


def moved(column):
    """One bar later: what was decided at a close is filled at the next open."""
    return np.concatenate(([np.nan], column.to_numpy()[:-1]))


def run(has_bracket):
    start = time.perf_counter()
    fast = vbt.MA.run(close, FAST)
    slow = vbt.MA.run(close, SLOW)
    entries = fast.ma_crossed_above(slow)
    exits = fast.ma_below(slow)
    stops = {}
    if has_bracket:
        # Wilder's smoothing of n bars is the exponential one of 2n − 1
        atr = vbt.ATR.run(high, low, close, 2 * ATR - 1, ewm=True).atr
        entries &= 4 * atr > SLIPPAGE * close
        fill = opens.to_numpy() * (1 + SLIPPAGE)
        # to vectorbt a leg is a fraction of the fill, read on the bar of the fill
        stops = {
            "open": opens,
            "high": high,
            "low": low,
            "sl_stop": pd.Series(np.maximum(1 - moved(close - 2 * atr) / fill, 1e-9), index=index),
            "tp_stop": pd.Series(np.maximum(moved(close + 4 * atr) / fill - 1, 1e-9), index=index),
            "stop_entry_price": StopEntryPrice.FillPrice,
            "stop_exit_price": StopExitPrice.StopMarket,
        }
    portfolio = vbt.Portfolio.from_signals(
        close,
        entries.vbt.signals.fshift(1),
        exits.vbt.signals.fshift(1),
        size=0.1,
        price=opens,
        fees=FEE,
        slippage=SLIPPAGE,
        init_cash=1_000_000,
        freq="1min",
        engine=ENGINE,
        **stops,
    )
    orders = time.perf_counter() - start
    portfolio.value(engine=ENGINE)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "withoutEquity": orders, "trades": int(portfolio.trades.closed.count())}


serve(
    {
        "vectorbt": version("vectorbt"),
        "vectorbt-rust": version("vectorbt-rust"),
        "numpy": version("numpy"),
        "pandas": version("pandas"),
        "python": sys.version.split()[0],
    },
    run,
)
