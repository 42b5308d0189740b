"""
Predictive maintenance: whether a bearing fails within HORIZON hours, from what its sensor tells, as a CSV. THE DATA ARE SIMULATED: no real ones are in a package.

    python sim/recipes/predictive-maintenance/data.py > data.csv

The physics: a crack of length a grows by Paris' law, da/dN = C (dK)^m with dK = Y s sqrt(pi a) and m = 3 (Paris & Erdogan 1963), s the load. A bearing fails when a reaches LIMIT.
Its vibration is in proportion to a and to the load, with noise, and the gain of the sensor differs between machines, as does the load. A site is a machine, which has worn out two
bearings: few machines have seen many failures. The same seed makes the same rows.
"""
import csv
import math
import random
import sys

MACHINES = 12
BEARINGS = 2
HORIZON = 48
LIMIT = 0.01  # m
START = 0.0005  # m
PARIS_C = 4e-12  # m per cycle and (MPa sqrt(m))^3
CYCLES_AN_HOUR = 60_000
EVERY = 12  # hours between two rows
COLUMNS = ["machine", "load", "speed", "vibration", "vibration_before", "temperature", "state"]


def bearing(rng, load, gain):
    """Rows of one bearing's life: what is seen, and how many hours it has left."""
    crack = START * math.exp(rng.gauss(0, 0.3))
    strength = PARIS_C * math.exp(rng.gauss(0, 0.2))
    seen, hour, before = [], 0, None
    while crack < LIMIT:
        now = load * math.exp(rng.gauss(0, 0.1))
        if hour % EVERY == 0:
            vibration = gain * (0.5 + 120 * crack * now / 50) * math.exp(rng.gauss(0, 0.08))
            temperature = 40 + 0.3 * now + 900 * crack + rng.gauss(0, 1.5)
            seen.append((hour, [now, 1000 * math.exp(rng.gauss(0, 0.02)), vibration, before or vibration, temperature]))
            before = vibration
        crack += strength * (1.1 * now * math.sqrt(math.pi * crack)) ** 3 * CYCLES_AN_HOUR
        hour += 1
    return [(values, "fails" if hour - at <= HORIZON else "runs") for at, values in seen]


def rows(seed=1):
    for machine in range(MACHINES):
        rng = random.Random(f"{seed}/{machine}")
        load, gain = rng.uniform(35, 60), math.exp(rng.gauss(0, 0.3))
        for _ in range(BEARINGS):
            for values, state in bearing(rng, load, gain):
                yield [f"machine-{machine + 1:02d}", *[round(value, 4) for value in values], state]


def main():
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    out.writerows(rows())


if __name__ == "__main__":
    main()
