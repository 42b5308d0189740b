"""The trainer: what it trains, and how it answers the peer."""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .frames import Stream
from .safetensors import Array, loads, parts

Params = dict[str, Array]
Figures = Mapping[str, float]
Fit = Callable[[Params, "Request"], tuple[Mapping[str, npt.ArrayLike], float]]
Evaluate = Callable[[Params, "Request"], Figures]
Predict = Callable[[Params, Array], npt.ArrayLike]

_PROTOCOL = 1
_INPUTS = "hearsay.inputs"
_OUTPUTS = "hearsay.outputs"


@dataclass(frozen=True)
class Request:
    """A question of the peer."""

    verb: str
    """fit, evaluate or predict."""
    params: Params = field(repr=False)
    """Float32, by name; yours to write to."""
    steps: int = 0
    """fit: optimiser steps to take."""
    seed: str = ""
    """fit: names the order of mini-batches."""
    age: int = 0
    """fit: steps in the lineage of the parameters, by which a schedule counts."""
    split: str = ""
    """evaluate: train or holdout."""
    rows: int | None = None
    """evaluate: at most so many rows, always the same; all where it is None."""
    inputs: Array | None = field(default=None, repr=False)
    """predict: rows."""
    training: Mapping[str, Any] = field(default_factory=dict)
    """What the task says of trainings: learningRate, batch, momentum, optimiser; maxGradientNorm where it has one."""

    @property
    def seed_number(self) -> int:
        """The seed as a number of 32 bits, e.g. for torch.manual_seed."""
        return int.from_bytes(hashlib.sha256(self.seed.encode()).digest()[:4], "little")

    @cached_property
    def rng(self) -> np.random.Generator:
        """A generator that the seed begins."""
        return np.random.default_rng(self.seed_number)


def classes(*names: object) -> dict[str, Any]:
    """The output of a classification."""
    return {"kind": "classification", "classes": [str(name) for name in names]}


def targets(*names: str) -> dict[str, Any]:
    """The output of a regression."""
    return {"kind": "regression", "targets": list(names)}


class _NotFinite(ValueError):
    """A model of others may have such figures, and a training that went astray; where that is, no line of the program says."""


class Trainer:
    """Answers a peer on the standard streams, or on the socket of one that runs with --trainer-socket.

    params: the tensors that are shared, by name; peers agree on names, order and shapes, and all of them become float32. Others never leave the program.
    architecture: names the model, so that two models of the same shapes are not taken for one.
    rows, holdout_rows: how many examples there are. The examples themselves are told to nobody.
    input, output: for `hearsay init --trainer`: the shape of one row, and `classes(...)` or `targets(...)`.
    deterministic: whether the same request gives the same bits. `hearsay trainer test` holds you to it.
    """

    def __init__(
        self,
        params: Mapping[str, npt.ArrayLike],
        *,
        architecture: str,
        rows: int,
        holdout_rows: int = 0,
        input: Sequence[int] | None = None,
        output: Mapping[str, Any] | None = None,
        name: str | None = None,
        deterministic: bool = False,
        socket: str | None = None,
    ) -> None:
        self._shapes = {key: tuple(np.shape(value)) for key, value in params.items()}
        self._description: dict[str, Any] = {
            "protocol": _PROTOCOL,
            "architecture": architecture,
            "tensors": [[key, list(shape)] for key, shape in self._shapes.items()],
            "rows": {"train": rows, "holdout": holdout_rows},
            "deterministic": deterministic,
        }
        optional = {"name": name, "input": input and {"shape": list(input)}, "output": output}
        self._description.update({key: value for key, value in optional.items() if value is not None})
        self._fit: Fit | None = None
        self._evaluate: Evaluate | None = None
        self._predict: Predict | None = None
        self._asked: tuple[int, Request] | None = None
        self._stream = Stream(socket)

    def fit(self, function: Fit) -> Fit:
        """Takes parameters and request, gives the parameters after so many steps, and the mean loss of the steps."""
        self._fit = function
        return function

    def evaluate(self, function: Evaluate) -> Evaluate:
        """Takes parameters and request, gives figures: loss, and e.g. accuracy."""
        self._evaluate = function
        return function

    def predict(self, function: Predict) -> Predict:
        """Takes parameters and rows, gives a row of probabilities or values for each."""
        self._predict = function
        return function

    def run(self) -> None:
        """Answers until the peer has gone."""
        if self._fit is None:
            raise TypeError("the program has no trainer.fit")
        while self.is_running():
            request = self.receive()
            try:
                params, loss = self._fit(request.params, request)
                self.send(params, loss=loss)
            except Exception as error:  # told to the peer, which asks again later
                self.refuse(error)

    def is_running(self) -> bool:
        """Waits for the next training, and answers all else meanwhile; False once the peer has gone."""
        while self._asked is None:
            frame = self._stream.read()
            if frame is None:
                return False
            header, body = frame
            self._take(header, body)
        return True

    def receive(self) -> Request:
        """The training that is asked for, once `is_running` is true."""
        if self._asked is None and not self.is_running():
            raise EOFError("the peer has gone")
        assert self._asked is not None
        return self._asked[1]

    def send(self, params: Mapping[str, npt.ArrayLike], *, loss: float) -> None:
        """The answer to `receive`."""
        if self._asked is None:
            raise RuntimeError("nothing was received that this could answer")
        id, _ = self._asked
        body = parts(self._checked(params))
        loss = _finite("loss", loss)
        self._asked = None
        self._stream.write({"id": id, "loss": loss}, body)

    def refuse(self, error: Exception) -> None:
        """The answer to `receive` where there is no training; the peer goes on, and asks again later."""
        if self._asked is not None:
            id, _ = self._asked
            self._asked = None
            self._answer_error(id, error)

    def _take(self, header: Mapping[str, Any], body: memoryview) -> None:
        id, verb = header["id"], header["verb"]
        if verb == "describe":
            return self._stream.write({"id": id, **self._description})
        try:
            tensors = loads(body)
            inputs = tensors.pop(_INPUTS, None)
            known = {key: header[key] for key in ("steps", "seed", "age", "split", "rows", "training") if key in header}
            request = Request(verb=verb, params=self._checked(tensors), inputs=inputs, **known)
            if verb == "fit":
                self._asked = (id, request)
            elif verb == "evaluate":
                self._stream.write({"id": id, **self._figures(request)})
            elif verb == "predict":
                self._stream.write({"id": id}, parts({_OUTPUTS: self._outputs(request)}))
            else:
                raise ValueError(f"there is no verb {verb}")
        except Exception as error:
            self._answer_error(id, error)

    def _figures(self, request: Request) -> dict[str, float]:
        if self._evaluate is None:
            raise NotImplementedError("the program has no trainer.evaluate")
        return {key: _finite(key, value) for key, value in self._evaluate(request.params, request).items()}

    def _outputs(self, request: Request) -> npt.ArrayLike:
        if self._predict is None:
            raise NotImplementedError("the program has no trainer.predict")
        assert request.inputs is not None
        return self._predict(request.params, request.inputs)

    def _answer_error(self, id: int, error: Exception) -> None:
        if isinstance(error, _NotFinite):
            return self._stream.write({"id": id, "error": str(error)})
        traceback.print_exception(error, file=sys.stderr)
        self._stream.write({"id": id, "error": f"{type(error).__name__}: {error}"})

    def _checked(self, params: Mapping[str, npt.ArrayLike]) -> Params:
        if params.keys() != self._shapes.keys():
            raise ValueError(f"tensors {sorted(params)}, where {sorted(self._shapes)} are shared")
        arrays = {key: np.asarray(params[key], dtype=np.float32) for key in self._shapes}
        for key, array in arrays.items():
            if array.shape != self._shapes[key]:
                raise ValueError(f"tensor {key} has shape {list(array.shape)}, where {list(self._shapes[key])} is shared")
        return arrays


def _finite(name: str, value: float) -> float:
    number = float(value)
    if not np.isfinite(number):
        raise _NotFinite(f"the {name} is {number}")
    return number
