"""PyTorch on one thread: one JSON line with samples/s for each line "lstm" or "gru" on stdin. Same shape as ours."""

import json
import sys
import time

import torch

torch.set_num_threads(1)
torch.manual_seed(7)
STEPS, FEATURES, UNITS, BATCH, BATCHES = 60, 12, 64, 64, 20
x = torch.randn(BATCHES, BATCH, STEPS, FEATURES)
y = (torch.rand(BATCHES, BATCH) > 0.5).float()

for line in sys.stdin:
    kind = line.strip()
    cell = (torch.nn.LSTM if kind == "lstm" else torch.nn.GRU)(FEATURES, UNITS, batch_first=True)
    head = torch.nn.Linear(UNITS, 1)
    weights = [*cell.parameters(), *head.parameters()]
    adam = torch.optim.Adam(weights)
    loss = torch.nn.BCEWithLogitsLoss()

    def epoch():
        for k in range(BATCHES):
            adam.zero_grad()
            loss(head(cell(x[k])[0][:, -1])[:, 0], y[k]).backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            adam.step()

    epoch()
    start = time.perf_counter()
    epoch()
    print(json.dumps({"rate": BATCH * BATCHES / (time.perf_counter() - start)}), flush=True)
