"""
Wearables: which of seven shoulder exercises somebody does, from the accelerometer and gyroscope of a watch, as a CSV.

    pip install --no-deps seglearn; pip install numpy
    python sim/recipes/wearables/data.py > data.csv

The recordings come with seglearn 1.2.5 (BSD; Burns et al. 2018): ten people, both arms, seven exercises, 50 values a second. A site is a person.
A row is a window of WINDOW values (2 s): mean and deviation of each axis, and how often it crosses its mean. Windows do not overlap.
"""
import csv
import importlib.util
import os
import sys

WINDOW = 100
AXES = ["ax", "ay", "az", "wx", "wy", "wz"]
COLUMNS = ["person", *[f"{what}_{axis}" for axis in AXES for what in ("mean", "std", "cross")], "exercise"]


def features(window):
    """window: WINDOW rows of six axes."""
    values = []
    for axis in range(len(AXES)):
        series = [float(row[axis]) for row in window]
        centre = sum(series) / len(series)
        deviation = (sum((x - centre) ** 2 for x in series) / len(series)) ** 0.5
        signs = [x > centre for x in series]
        crossings = sum(a != b for a, b in zip(signs, signs[1:])) / len(series)
        values += [round(centre, 5), round(deviation, 5), round(crossings, 5)]
    return values


def main():
    import numpy

    package = importlib.util.find_spec("seglearn")
    if package is None:
        sys.exit("no package seglearn: pip install --no-deps seglearn")
    data = numpy.load(os.path.join(os.path.dirname(package.origin), "data/watch_dataset.npy"), allow_pickle=True).item()
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    for recording, exercise, person in zip(data["X"], data["y"], data["subject"]):
        for start in range(0, len(recording) - WINDOW + 1, WINDOW):
            name = data["y_labels"][int(exercise)]
            out.writerow([f"person-{int(person):02d}", *features(recording[start : start + WINDOW]), name])


if __name__ == "__main__":
    main()
