"""Parameters of a PyTorch module, and back. Needs torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from .safetensors import Array


def params_of(module: torch.nn.Module, only: Callable[[str], bool] = lambda name: True) -> dict[str, Array]:
    """What a module has of float tensors, buffers too, by name; `only` says which are shared, e.g. those of adapters."""
    state: Mapping[str, Any] = module.state_dict()
    return {
        name: value.detach().cpu().numpy().astype(np.float32)
        for name, value in state.items()
        if value.is_floating_point() and only(name)
    }


def load(module: torch.nn.Module, params: Mapping[str, npt.ArrayLike]) -> None:
    """Sets what `params_of` gave; all else of the module stays."""
    state = {name: torch.from_numpy(np.array(value, dtype=np.float32)) for name, value in params.items()}
    unexpected = module.load_state_dict(state, strict=False).unexpected_keys
    if unexpected:
        raise KeyError(f"the module has no {', '.join(unexpected)}")
