"""The same work in Python, one thread: numpy's median, and the rules of byzfl and ByzPy as far as they are installed.

usage: aggregate-reference.py ROWS COORDINATES LIARS
Prints one JSON object for each: {library, kernel, ms}, the least of a few runs. byzfl runs on arrays and on tensors; the faster counts.
Its NNM takes memory for ROWS^2 COORDINATES numbers, and is left out where that is too much.
"""

import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402

RUNS, SECONDS = 5, 3.0
MOST_BYTES = 5e9


def least_ms(work):
    best, begun = float("inf"), time.perf_counter()
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
        if time.perf_counter() - begun > SECONDS:
            break
    return round(1000 * best, 3)


def report(library, kernel, *works):
    print(json.dumps({"library": library, "kernel": kernel, "ms": min(map(least_ms, works))}), flush=True)


rows, coordinates, liars = map(int, sys.argv[1:])
array = np.random.default_rng(1).standard_normal((rows, coordinates), dtype=np.float32)
report("numpy", "median", lambda: np.median(array, axis=0))

try:
    import byzfl
    import torch
except ImportError:
    sys.exit()
torch.set_num_threads(1)
tensor = torch.from_numpy(array)
krum_liars = min(liars, (rows - 3) // 2)
for kernel, rule in {
    "median": byzfl.Median(),
    "trimmed-mean": byzfl.TrMean(f=liars),
    "meamed": byzfl.Meamed(f=liars),
    "geometric-median": byzfl.GeometricMedian(),
    "caf": byzfl.CAF(f=liars),
    "multi-krum": byzfl.MultiKrum(f=krum_liars),
    "nnm": byzfl.NNM(f=liars),
}.items():
    if kernel == "nnm" and 4 * rows**2 * coordinates > MOST_BYTES:
        continue
    report("byzfl", kernel, *(lambda data=data: rule(data) for data in (array, tensor)))

try:
    from byzpy.aggregators.geometric_wise.krum import MultiKrum
except ImportError:
    sys.exit()
krum = MultiKrum(f=krum_liars, q=rows - krum_liars)
gradients = list(tensor)
report("byzpy", "multi-krum", lambda: krum.aggregate(gradients))
