/** The files that examples of pages and help name, small enough that each example takes a moment. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRng, type Rng } from "../../../protocol/base/rng.ts";
import { TOP } from "../docs.ts";

const ROWS = 240;

/** By name. What pages show as a file is taken from them. */
export function namedFiles(): Readonly<Record<string, string>> {
  const flowers = (seed: string) => table(seed, "petal,sepal,species", flower);
  return {
    ...{ "flowers.csv": flowers("flowers"), "mine.csv": flowers("mine"), "test.csv": flowers("test") },
    "new.csv": flowers("new").replace(/,\w+$/gm, ""),
    "patients.csv": flowers("patients").replace("species", "outcome"),
    "houses.csv": table("houses", "rooms,age,price", house),
    "history.csv": table("history", "when,hour,heat,load", load),
    ...{
      "load.csv": table("load", "when,hour,heat,load", load),
      "rows.csv": table("rows", "when,hour,heat,load", load),
    },
    "sensors.csv": table("sensors", "time,station,volts,watts,state", sensor),
    "scenario.yaml":
      "name: small\ndata: { set: motes }\npeers: 5\ncycles: 2\nattack: { kind: sign-flip, share: 0.2 }\n",
    "matrix.yaml": `scenario: { name: matrix, data: { set: motes }, peers: 4, cycles: 2 }
grids: [{ partition: [iid, "dirichlet:0.5"] }]
seeds: [1, 2, 3, 4]
`,
    "mia.yaml": "name: mia\ndata: { set: digits }\npeers: 30\ncycles: 2\nalgorithm: { kind: local }\n",
    "mine.ts": page("sim/examples/attack.ts").replace('"shrink"', '"my-attack"'),
    "train.py": `#!/usr/bin/env python\n${after("node/clients/python/README.md", "```python\n").split("```")[0]}`,
    "words.txt": "other words\n",
    "other.yaml": indented("node/README.md", "    budget:\n"),
    "policy.yaml": indented("node/policy/README.md", "    tasks: [").replace("3f0c...", "3f".repeat(32)),
    "site.yaml": "data: { minimumRows: 20 }\n",
  };
}

function flower(rng: Rng): readonly (string | number)[] {
  const isRose = rng.below(2) === 0;
  const [petal, sepal] = isRose ? [2, 5] : [5, 1];
  return [petal + 0.5 * rng.normal(), sepal + 0.5 * rng.normal(), isRose ? "rose" : "tulip"];
}

function house(rng: Rng): readonly number[] {
  const [rooms, age] = [1 + rng.below(8), 40 + 10 * rng.normal()];
  return [rooms, age, 50 * rooms - age + rng.normal()];
}

function load(rng: Rng, row: number): readonly (string | number)[] {
  const [hour, heat] = [row % 24, 10 + 5 * rng.normal()];
  return [new Date(Date.UTC(2026, 0, 1, row)).toISOString(), hour, heat, 3 * hour + heat + rng.normal()];
}

/** A reading in fifty is missing. */
function sensor(rng: Rng, row: number): readonly (string | number)[] {
  const isOn = rng.below(2) === 1;
  const volts = row % 50 === 0 ? -9999 : (isOn ? 3 : 1) + 0.2 * rng.normal();
  return [row, `s${row % 4}`, volts, rng.normal(), isOn ? "on" : "off"];
}

function table(seed: string, header: string, rowOf: (rng: Rng, row: number) => readonly (string | number)[]): string {
  const rng = createRng(seed);
  const text = (value: string | number) => (typeof value === "number" ? String(Number(value.toFixed(3))) : value);
  const rows = Array.from({ length: ROWS }, (_, row) => rowOf(rng, row).map(text).join(","));
  return `${[header, ...rows].join("\n")}\n`;
}

function page(path: string): string {
  return readFileSync(join(TOP, path), "utf8");
}

function after(path: string, mark: string): string {
  const text = page(path);
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`${path} shows no ${mark}`);
  return text.slice(at + mark.length);
}

/** The indented block of a page that begins so. */
function indented(path: string, mark: string): string {
  const lines = `${mark}${after(path, mark)}`.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("    "));
  return `${lines
    .slice(0, end)
    .map((line) => line.slice(4))
    .join("\n")}\n`;
}
