"""Adapters only: a frozen layer, the same at all sites, and a low-rank change of it (LoRA), which alone is shared. In PyTorch.

Peers begin with values that the task draws: matrices at random, vectors at 0. So `up` is shared as a vector, and the adapted layer begins as the frozen one.
"""

import sys

import hearsay
import numpy as np
import torch
from torch import nn

RANK, WIDTH = 4, 64
site = int(sys.argv[1]) if len(sys.argv) > 1 else 0

torch.manual_seed(0)  # what is frozen is the same everywhere
frozen = nn.Sequential(nn.Linear(16, WIDTH), nn.Tanh()).requires_grad_(False)
head = nn.Linear(WIDTH, 4).requires_grad_(False)
change = torch.randn(WIDTH, RANK) @ torch.randn(RANK, 4)  # what there is to be learned

torch.manual_seed(site + 1)  # the rows of this site
x = torch.randn(400, 16)
y = (head(frozen(x)) + frozen(x) @ change).argmax(1)
splits = {"train": (x[:300], y[:300]), "holdout": (x[300:], y[300:])}

trainer = hearsay.Trainer(
    {"down": np.zeros((WIDTH, RANK)), "up": np.zeros(RANK * 4)},
    architecture=f"adapter of rank {RANK}",
    name="torch",
    rows=300,
    holdout_rows=100,
    input=[16],
    output=hearsay.classes("a", "b", "c", "d"),
)


def tensors(params):
    return [torch.from_numpy(params[name]).requires_grad_() for name in ("down", "up")]


def logits(rows, down, up):
    features = frozen(rows)
    return head(features) + features @ down @ up.reshape(RANK, 4)


@trainer.fit
def fit(params, request):
    down, up = tensors(params)
    optimiser = torch.optim.Adam([down, up], lr=0.02)
    rows, labels = splits["train"]
    for _ in range(request.steps):
        batch = torch.from_numpy(request.rng.integers(0, len(rows), 64))
        loss = nn.functional.cross_entropy(logits(rows[batch], down, up), labels[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return {"down": down.detach().numpy(), "up": up.detach().numpy()}, loss.item()


@trainer.evaluate
@torch.no_grad()
def evaluate(params, request):
    rows, labels = splits[request.split]
    given = logits(rows, *tensors(params))
    return {"loss": nn.functional.cross_entropy(given, labels), "accuracy": (given.argmax(1) == labels).float().mean()}


@trainer.predict
@torch.no_grad()
def predict(params, inputs):
    return logits(torch.from_numpy(inputs), *tensors(params)).softmax(1).numpy()


trainer.run()
