"""Writes rivals.json: the names of all figures that backtesting.py and vectorbt print, in their order."""

import json
import pathlib

import backtesting
import numpy as np
import pandas as pd
import vectorbt as vbt
from backtesting._stats import compute_stats

index = pd.date_range("2024-01-01", periods=10, freq="D")
close = pd.Series([10.0, 11, 12, 11, 10, 9, 10, 11, 12, 13], index=index)
frame = pd.DataFrame({"Open": close, "High": close, "Low": close, "Close": close})


class Once(backtesting.Strategy):
    def init(self):
        pass

    def next(self):
        if len(self.data) == 3:
            self.buy(size=1)
        if len(self.data) == 6:
            self.position.close()


bt = backtesting.Backtest(frame, Once, cash=1000, commission=0.001).run()
# "[%]" and "[$]" are units: the name is what stands before them
name = lambda title: title.split(" [")[0]
metrics = lambda accessor: [name(metric["title"]) for metric in accessor.metrics.values()]

pf = vbt.Portfolio.from_holding(close, init_cash=1000)
lists = {
    "backtesting.py": [name(key) for key in bt.index if not key.startswith("_")],
    "vectorbt Portfolio.stats()": metrics(pf),
    "vectorbt returns.stats()": metrics(pf.returns().vbt.returns),
    "vectorbt trades.stats()": metrics(pf.trades),
    "vectorbt drawdowns.stats()": metrics(pf.drawdowns),
    "vectorbt orders.stats()": metrics(pf.orders),
}
versions = {"backtesting": backtesting.__version__, "vectorbt": vbt.__version__}
out = pathlib.Path(__file__).with_name("rivals.json")
out.write_text(json.dumps({"versions": versions, "lists": lists}, indent=1) + "\n")
