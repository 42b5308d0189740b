"""Softmax regression in numpy: three blobs, of which each site has its own rows."""

import sys

import hearsay
import numpy as np

site = int(sys.argv[1]) if len(sys.argv) > 1 else 0
centres = np.random.default_rng(0).normal(0, 2, (3, 6))
rng = np.random.default_rng(site + 1)
y = rng.integers(0, 3, 300)
x = (centres[y] + rng.normal(0, 1, (300, 6))).astype(np.float32)
data = {"train": (x[:200], y[:200]), "holdout": (x[200:], y[200:])}


def probabilities(params, inputs):
    logits = inputs @ params["kernel"] + params["bias"]
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exp / exp.sum(axis=1, keepdims=True)


trainer = hearsay.Trainer(
    {"kernel": np.zeros((6, 3)), "bias": np.zeros(3)},
    architecture="softmax 6-3",
    name="numpy",
    rows=200,
    holdout_rows=100,
    input=[6],
    output=hearsay.classes("a", "b", "c"),
    deterministic=True,
)


@trainer.fit
def fit(params, request):
    inputs, labels = data["train"]
    losses = []
    for _ in range(request.steps):
        batch = request.rng.choice(len(inputs), 32)
        p = probabilities(params, inputs[batch])
        losses.append(-np.log(p[range(32), labels[batch]] + 1e-9).mean())
        p[range(32), labels[batch]] -= 1
        params["kernel"] -= 0.1 * inputs[batch].T @ p / 32
        params["bias"] -= 0.1 * p.mean(axis=0)
    return params, np.mean(losses)


@trainer.evaluate
def evaluate(params, request):
    inputs, labels = (part[: request.rows] for part in data[request.split])
    p = probabilities(params, inputs)
    return {"loss": -np.log(p[range(len(labels)), labels] + 1e-9).mean(), "accuracy": (p.argmax(axis=1) == labels).mean()}


trainer.predict(probabilities)
trainer.run()
