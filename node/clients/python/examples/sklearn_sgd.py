"""scikit-learn's SGDClassifier on its digits, in the loop that users of other systems know: receive, fit, send. Each site has a share of the rows."""

import sys

import hearsay
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss

site, sites = (int(word) for word in (sys.argv[1] if len(sys.argv) > 1 else "0/3").split("/"))
x, y = load_digits(return_X_y=True)
x = x / 16
x_test, y_test = x[1500:], y[1500:]
x, y = x[site:1500:sites], y[site:1500:sites]
labels = np.arange(10)

model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.01, random_state=0)
model.partial_fit(x[:1], y[:1], labels)  # gives it its shapes


def with_params(params):
    model.coef_, model.intercept_ = params["coef"].astype(np.float64), params["intercept"].astype(np.float64)
    return model


trainer = hearsay.Trainer(
    {"coef": np.zeros((10, 64)), "intercept": np.zeros(10)},
    architecture="digits, one linear layer",
    name="sklearn",
    rows=len(x),
    holdout_rows=len(x_test),
    input=[64],
    output=hearsay.classes(*range(10)),
)


@trainer.evaluate
def evaluate(params, request):
    rows, truth = (x_test, y_test) if request.split == "holdout" else (x[: request.rows], y[: request.rows])
    p = with_params(params).predict_proba(rows)
    return {"loss": log_loss(truth, p, labels=labels), "accuracy": (p.argmax(axis=1) == truth).mean()}


trainer.predict(lambda params, inputs: with_params(params).predict_proba(inputs))

while trainer.is_running():
    request = trainer.receive()
    with_params(request.params)
    for _ in range(request.steps):
        batch = request.rng.choice(len(x), 64)
        model.partial_fit(x[batch], y[batch])
    loss = log_loss(y, model.predict_proba(x), labels=labels)
    trainer.send({"coef": model.coef_, "intercept": model.intercept_}, loss=loss)
