"""Mean accuracy over time with its 95 % interval over seeds, from the series.csv of a sweep: python results.py DIR"""
import sys
import pandas as pd

T = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}  # Student's t
series = pd.read_csv(f"{sys.argv[1]}/series.csv")
settings = list(series.columns[: series.columns.get_loc("seed")])  # what varies between the runs
groups = series.groupby([*settings, "seconds"], dropna=False)["accuracyMean"]
table = groups.agg(["mean", "sem", "count"]).reset_index()
table["halfWidth"] = table["sem"] * table["count"].map(T).fillna(2)
print(table.to_csv(index=False, float_format="%.4f"), end="")
