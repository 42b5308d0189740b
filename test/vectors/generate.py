"""Makes robust-rules.json: what the aggregation rules give, by byzfl and by the definitions in numpy.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install byzfl==0.0.11 && /tmp/venv/bin/python test/vectors/generate.py

Each rule is written down a second time here, from its definition, on rows in float64 instead of on Gram matrices. Where byzfl has a
counterpart, `BYZFL` calls it on the same rows: where no tie decides, both must agree within 1e-9, and what byzfl gave is stored. byzfl takes the
number of liars b, which is derived from f and m as in assumed-liars.ts; where it works around 0, it is given differences to the own model.
Ties of whole numbers are exact, so that who comes first decides in every language. Where rounding may decide (ties after clipping or
mixing), `settled_by_rounding` sees the result jump when the input moves by 1e-9, and nothing is stored.
"""
import datetime, importlib.metadata, json, math, os, platform, warnings
import numpy as np
import byzfl

UNIT_WEIGHT = 65536
warnings.filterwarnings("ignore")


# --- the definitions: rows z_0 (own), z_1 .. with their weights and masses; m candidates are still there

class Rows:
    def __init__(self, z, w, mass, age=0, lengths=None, m=None, base=None):
        self.z, self.w, self.mass, self.age, self.base = z, w, mass, age, base
        self.n = len(z)
        self.m = self.n - 1 if m is None else m
        self.d = np.linalg.norm(z[1:] - z[0], axis=1)
        self.unclipped = self.d if lengths is None else lengths

    def keep(self, candidates):
        at = [0] + [j + 1 for j in candidates]
        return Rows(self.z[at], self.w[at], self.mass[at], self.age)


def assumed(f, m):
    return min(math.ceil(f * m - 1e-9) + 1, max(1, (m - 1) // 2), m // 2)

def among(r, f):
    return min(assumed(f, r.m), (r.n - 1) // 2)

def nearest(values, count):
    return np.argsort(values, kind="stable")[:count]

def squares(r):
    return ((r.z[:, None] - r.z[None]) ** 2).sum(2)

def average(z, weights):
    return (z * np.asarray(weights, float)[:, None]).sum(0) / sum(weights)

def weighted_median(z, weights):
    total = int(sum(weights))
    out = []
    for column in z.T:
        order = np.argsort(column, kind="stable")
        sums = np.cumsum([int(weights[i]) for i in order])
        lower, upper = order[np.argmax(2 * sums >= total)], order[np.argmax(2 * sums > total)]
        out.append((column[lower] + column[upper]) / 2)
    return np.array(out)

def trimmed(r, f):
    b = among(r, f)
    return np.sort(r.z, axis=0)[b:r.n - b].mean(0)

def meamed(r, f):
    away = np.abs(r.z - np.median(r.z, axis=0))
    columns = [c[np.lexsort((c, a))[:r.n - among(r, f)]].mean() for c, a in zip(r.z.T, away.T)]
    return np.array(columns)

def weiszfeld(r, steps=32, nu=1e-6):
    z = average(r.z, r.mass)
    for _ in range(steps):
        z = average(r.z, r.mass / np.maximum(nu, np.linalg.norm(r.z - z, axis=1)))
    return z

def krum_liars(r, f):
    return min(among(r, f), max(0, (r.n - 3) // 2))

def best(r, b, count):
    scores = np.sort(squares(r), axis=1)[:, 1:max(0, r.n - b - 2) + 1].sum(1)
    return nearest(scores, count)

def chosen(r, rows, weights):
    return average(r.z[rows], weights[rows])

def caf(r, f, exact=False):
    c, least, y = np.ones(r.n), np.inf, r.z.mean(0)
    while c.sum() > r.n - 2 * among(r, f):
        mu = average(r.z, c)
        x = r.z - mu
        covariance = (x * c[:, None]).T @ x / c.sum()
        if exact:
            eigenvalues, vectors = np.linalg.eigh(covariance)
            eigenvalue, u = eigenvalues[-1], vectors[:, -1]
        else:
            u = x[np.argmax((x ** 2).sum(1))]
            for _ in range(100):
                v = covariance @ u
                if not np.abs(v).max() > 0: break
                u = v / np.abs(v).max()
                u = u / np.linalg.norm(u)
            eigenvalue = u @ covariance @ u
        if eigenvalue < least: least, y = eigenvalue, mu
        tau = (x @ u) ** 2
        top = tau[c > 0].max()
        if top == 0: break
        c = c * np.maximum(0, 1 - tau / top)
    return y

def clip(r, radius):
    shrink = np.array([min(1, radius / d) if d > 0 else 1 for d in r.d])
    return np.vstack([r.z[:1], r.z[0] + (r.z[1:] - r.z[0]) * shrink[:, None]])

def centred_clipping(r, tau=0, steps=3):
    tau = tau or np.sort(r.d)[len(r.d) // 2]
    c = r.z[0]
    for _ in range(steps):
        away = np.linalg.norm(r.z - c, axis=1)
        shrink = np.array([min(1, tau / a) if a > 0 else 1 for a in away])
        c = c + (r.mass * shrink) @ (r.z - c) / r.mass.sum()
    return c

def clipped_gossip(r, f):
    order = nearest(r.d, r.m)
    near, far = order[:r.m - among(r, f)], order[r.m - among(r, f):]
    w = r.w[1:].astype(float)
    radius = math.sqrt((w[near] * r.d[near] ** 2).sum() / w[far].sum()) if len(far) else math.inf
    return average(clip(r, radius), r.w)

def cs_plus(r, f):
    return average(clip(r, np.sort(r.d)[::-1][min(2 * among(r, f), len(r.d) - 1)]), r.w)

def gts(r, f):
    kept = near_own(r, f)
    return r.z[0] + (r.z[kept] - r.z[0]).T @ r.w[kept] / r.w.sum()

def ios(r, f):
    left = list(range(r.n))
    for _ in range(among(r, f)):
        away = np.linalg.norm(r.z - average(r.z[left], r.w[left]), axis=1)
        left.remove(max(left[1:], key=lambda i: (away[i], i)))
    return average(r.z[left], r.w[left])

def guarded_median(r, f, share=0.5, mix=0.75, limit=1, tolerance=1e-6):
    if r.m == 0: return r.z[0]
    b, v = assumed(f, r.m), r.z[1:]
    apart = np.linalg.norm(v[:, None] - v[None], axis=2)
    pairs = apart[np.triu_indices(r.m, 1)]
    t = share * min(np.median(pairs) if len(pairs) else 0, np.median(r.d))
    w = r.w.astype(float)
    w[1:] /= ((apart < t) | np.eye(r.m, dtype=bool)).sum(1)
    z = clip(r, np.sort(r.d)[r.m - 1 - min(2 * b * (r.m - b) // r.m, r.m - 1)])
    ranks = ((z[:, None] - z[None]) ** 2).sum(2)
    ranks[0] = np.concatenate([[-1], r.d])
    kept = [nearest(row, r.n - min(math.floor(mix * b + 0.5), r.m // 2)) for row in ranks]
    rows = np.array([average(z[k], w[k]) for k in kept])
    y = []
    for column in rows.T:
        order = np.argsort(column, kind="stable")
        sums = np.cumsum(w[order]) / w.sum() - 0.5
        y.append((column[order[np.argmax(sums >= -tolerance)]] + column[order[np.argmax(sums > tolerance)]]) / 2)
    step, longest = np.array(y) - r.base, np.sort(np.linalg.norm(v - r.base, axis=1))[max(0, r.m // 4 - 1)]
    longest = limit * max(np.linalg.norm(r.z[0] - r.base), longest)
    return r.base + step * min(1, longest / max(np.linalg.norm(step), 1e-300))

def near_own(r, f):
    return np.concatenate([[0], 1 + nearest(r.d, len(r.d) - among(r, f))])

RULES = {
    "mean": lambda r, f: average(r.z, r.w),
    "median": lambda r, f: weighted_median(r.z, r.mass),
    "weighted-median": lambda r, f: weighted_median(r.z, r.w),
    "trimmed-mean": trimmed,
    "meamed": meamed,
    "geometric-median": lambda r, f: weiszfeld(r),
    "krum": lambda r, f: r.z[best(r, krum_liars(r, f), 1)[0]],
    "multi-krum": lambda r, f: chosen(r, best(r, krum_liars(r, f), r.n - krum_liars(r, f)), r.mass),
    "caf": caf,
    "centred-clipping": lambda r, f: centred_clipping(r),
    "clipped-gossip": clipped_gossip,
    "cs-plus": cs_plus,
    "gts": gts,
    "ios": ios,
    "nna": lambda r, f: chosen(r, near_own(r, f), r.mass),
    "sc-wmean": lambda r, f: chosen(r, near_own(r, f), r.w),
    "guarded-median": guarded_median,
    "sc-wmedian": lambda r, f: weighted_median(r.z[near_own(r, f)], r.w[near_own(r, f)]),
}
LEAST = {"trimmed-mean": 2, "meamed": 2, "geometric-median": 2, "krum": 4, "multi-krum": 4, "caf": 2, "centred-clipping": 2,
         "clipped-gossip": 2, "cs-plus": 3, "gts": 2, "ios": 2, "nna": 2, "sc-wmean": 2, "sc-wmedian": 2}

def arc(r, f):
    b = assumed(f, r.m)
    radius = np.sort(r.d)[r.m - 1 - min(2 * b * (r.m - b) // r.m, r.m - 1)]
    return Rows(clip(r, radius), r.w, r.mass, r.age, r.d)

def nnm(r, f):
    ranks = squares(r)
    ranks[0] = np.concatenate([[-1], r.unclipped ** 2])
    kept = [nearest(row, r.n - among(r, f)) for row in ranks]
    mixed = np.array([average(r.z[k], r.mass[k]) for k in kept])
    out = Rows(mixed, r.w, r.mass, r.age, m=r.m)
    out.d = np.linalg.norm(mixed[1:] - r.z[0], axis=1)
    return out

def balance(r, f):
    radius = 0.3 * math.exp(-min(1, r.age / 10_000)) * np.linalg.norm(r.z[0])
    return r.keep([j for j in range(r.m) if r.d[j] <= radius])

BEFORE = {"arc": arc, "nnm": nnm, "balance": balance}

COMPOSED = ["arc+mean", "arc+median", "arc+krum", "arc+trimmed-mean", "nnm+mean", "nnm+weighted-median", "nnm+trimmed-mean", "nnm+meamed",
            "nnm+geometric-median", "nnm+krum", "nnm+multi-krum", "nnm+caf", "arc+nnm+trimmed-mean", "arc+nnm+geometric-median",
            "arc+nnm+median", "balance+mean", "balance+krum", "balance+arc+nnm+median"]

def by_definition(name, rows, f):
    *stages, rule = name.split("+")
    r = rows
    for stage in stages:
        if r.m > 0: r = BEFORE[stage](r, f)
    if r.n - 1 < min(LEAST.get(rule, 1), rows.m) or r.m == 0: return rows.z[0]
    return RULES[rule](r, f)


# --- byzfl

BYZFL = {
    "mean": lambda z, b: byzfl.Average()(z),
    "median": lambda z, b: byzfl.Median()(z),
    "weighted-median": lambda z, b: byzfl.Median()(z),
    "trimmed-mean": lambda z, b: byzfl.TrMean(b)(z),
    "meamed": lambda z, b: byzfl.Meamed(b)(z),
    "nna": lambda z, b: byzfl.MoNNA(b, 0)(z),
    "sc-wmean": lambda z, b: byzfl.MoNNA(b, 0)(z),
    # its scores add up n - f - 1 neighbours, those of the paper n - f - 2
    "krum": lambda z, b: byzfl.Krum(min(b, max(0, (len(z) - 3) // 2)) + 1)(z),
    # it begins at 0, we at the mean
    "geometric-median": lambda z, b: z.mean(0) + byzfl.GeometricMedian(1e-6, 32)(z - z.mean(0)),
    "centred-clipping": lambda z, b: z[0] + byzfl.CenteredClipping(None, 3, float(middle(z)))(z - z[0]),
}

def middle(z):
    return np.sort(np.linalg.norm(z[1:] - z[0], axis=1))[(len(z) - 1) // 2]

def by_byzfl(name, z, f):
    *stages, rule = name.split("+")
    m = len(z) - 1
    if rule not in BYZFL or "balance" in stages or m == 0 or (rule == "centred-clipping" and middle(z) == 0): return None
    b = assumed(f, m)
    if stages == ["arc", "nnm"] or (rule == "krum" and m < 4): return None  # NNM ranks the own row after clipping: ties of rounding
    if "arc" in stages: z = np.vstack([z[:1], z[0] + byzfl.ARC(b)(z[1:] - z[0])])
    if "nnm" in stages: z = byzfl.NNM(b)(z)
    return BYZFL[rule](z, b)


# --- cases

KINDS = ["honest", "far", "clones", "ties", "zeros", "identical", "opposite", "denormal", "tied-weights", "masses"]
TIED = {"ties", "zeros", "identical", "opposite"}

def draw(rng, kind, n, d):
    """Whole numbers to be divided by the unit, -0.0 where a zero is negative; own first."""
    x = np.round(rng.normal(size=(n, d)) * 20_000) + np.round(rng.normal(size=d) * 30_000)
    liars = range(n - max(1, (n - 1) // 5), n)
    if kind == "far": x[list(liars)] *= -20
    if kind == "clones": x[list(liars)] = np.round(rng.normal(size=d) * 50_000) + rng.integers(-300, 301, size=(len(liars), d))
    if kind == "ties": x = rng.integers(-2, 3, size=(n, d)) * 4096.0
    if kind == "zeros": x = rng.choice([-0.0, 0.0, -0.0, 0.0, 1.0], size=(n, d))
    if kind == "identical": x[:] = x[0]
    if kind == "opposite": x[1:] = [x[0] * (-1 if i % 2 else 1) for i in range(n - 1)]
    if kind == "denormal": x = rng.integers(-40, 41, size=(n, d)).astype(float)
    return x

def rounded(x, unit):
    return [0.0 if v == 0 else float(f"{v:.10g}") for v in x]

def settled_by_rounding(name, rows, f, value, scale):
    for seed in range(4):
        moved = rows.z * (1 + 1e-9 * np.random.default_rng(seed).normal(size=rows.z.shape))
        if np.abs(by_definition(name, Rows(moved, rows.w, rows.mass, rows.age, base=rows.base), f) - value).max() > 1e-7 * scale: return True
    return False

def main():
    rng, bases = np.random.default_rng(20261123), np.random.default_rng(20261124)
    cases, agreed, skipped = [], {}, 0
    for n in [1, 2, 5, 8, 15, 16, 33]:
        for at, kind in enumerate(KINDS):
            if n == 1 and kind not in ("honest", "zeros", "denormal"): continue
            for d in ([1, 5] if n == 33 else [1, 3, 37] if at % 3 == 0 else [2, 8]):
                f = [0.1, 0.2, 0.3][(at + d) % 3]
                unit = 2.0 ** 149 if kind == "denormal" else 4096
                whole = draw(rng, kind, n, d)
                z = whole / unit
                q16 = np.full(n, UNIT_WEIGHT)
                mass = np.ones(n, int)
                if kind == "tied-weights": q16[1:] = rng.choice([16384, 32768, 49152, 65536], size=n - 1)
                if kind == "masses":
                    q16[1:] = rng.integers(52429, 65537, size=n - 1)
                    mass = rng.integers(1, 5, size=n)
                age = int(rng.choice([0, 5000, 20_000]))
                base = z[0] + (np.round(bases.normal(size=d) * (6 if kind == "denormal" else 6_000)) / unit if kind != "opposite" else 0)
                rows = Rows(z, q16 * mass, mass, age, base=base)
                scale = max(np.abs(z).max(), 2.0 ** -149)
                plain = (q16 == UNIT_WEIGHT).all() and (mass == 1).all()
                expected = {}
                for name in [*RULES, *COMPOSED]:
                    if 0 < n - 1 < LEAST.get(name.split("+")[-1], 1): continue
                    value = by_definition(name, rows, f)
                    unsure = "arc" in name or "caf" in name or "nnm" in name or name in ("geometric-median", "guarded-median", "ios")
                    if unsure and settled_by_rounding(name, rows, f, value, scale):
                        skipped += 1
                        continue
                    other = by_byzfl(name, z, f) if plain and kind != "denormal" else None
                    if other is not None:
                        near = np.abs(other - value).max() <= 1e-9 * scale
                        if not near and kind not in TIED and not settled_by_rounding(name, rows, f, value, scale):
                            raise SystemExit(f"{name} {kind} {n} {d} {f}: {value}, byzfl {other}")
                        if near:
                            agreed[name] = agreed.get(name, 0) + 1
                            value = other
                    if name == "caf" and np.abs(caf(rows, f, exact=True) - value).max() <= 1e-6 * scale:
                        agreed["caf by eigh"] = agreed.get("caf by eigh", 0) + 1
                    expected[name] = rounded(value, unit)
                whole = [[v if v == 0 and math.copysign(1, v) < 0 else int(v) for v in row] for row in whole.tolist()]
                case = {"kind": kind, "f": f, "unit": unit, "own": whole[0], "candidates": whole[1:], "age": age,
                        "base": [int(v) for v in np.round(base * unit)]}
                if kind in ("tied-weights", "masses"): case["weightsQ16"] = q16[1:].tolist()
                if kind == "masses": case["masses"] = mass.tolist()
                cases.append({**case, "expected": expected})
    provenance = {
        "script": "test/vectors/generate.py, which says how",
        "date": datetime.date.today().isoformat(),
        "versions": {"python": platform.python_version(), **{p: importlib.metadata.version(p) for p in ("numpy", "byzfl")}},
        "inputs": "numpy default_rng(20261123); whole numbers to be divided by `unit`, hence float32-exact; own model, then candidates",
        "byzfl": "cases in which byzfl gave the same within 1e-9 of the largest input, by rule (caf: numpy.linalg.eigh, within 1e-6)",
        "agreed": agreed,
        "skipped": f"{skipped} results that rounding decides",
    }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "robust-rules.json")
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    with open(path, "w") as out:
        out.write(f'{{"provenance":{json.dumps(provenance, indent=1)},\n"cases":[\n{lines}\n]}}\n')
    print(len(cases), "cases", os.path.getsize(path), "bytes", json.dumps(provenance["agreed"]), provenance["skipped"])

if __name__ == "__main__":
    main()
