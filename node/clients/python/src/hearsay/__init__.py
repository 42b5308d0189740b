"""Train for a Hearsay peer. The peer exchanges parameters with others; the data stay in this program.

    import hearsay

    trainer = hearsay.Trainer(params, architecture="my model 1", rows=len(x), ...)

    @trainer.fit
    def fit(params, request): ...

    trainer.run()
"""

from .safetensors import SafetensorsError, load_file, loads, save_file
from .trainer import Request, Trainer, classes, targets

__all__ = [
    "Request",
    "SafetensorsError",
    "Trainer",
    "classes",
    "load_file",
    "loads",
    "save_file",
    "targets",
]
__version__ = "0.1.0"
