"""The same as echo-trainer.ts, in Python: python echo_trainer.py PARAMETERS, with hearsay on the path."""

import sys

import hearsay
import numpy as np

trainer = hearsay.Trainer({"w": np.zeros(int(sys.argv[1]))}, architecture="echo", rows=1)
trainer.fit(lambda params, request: (params, 0.0))
trainer.run()
