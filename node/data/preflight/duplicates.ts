/** Check `duplicates`: rows that are there more than once, and rows that differ in their label only. */
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import type { DataCheck, DataFinding } from "./data-check.ts";

/** Of the rows: fewer repeat by chance, or as a sensor that stands still. */
const MOST = 0.05;
/** Values that are looked at: half a second's work. */
const MAX_VALUES = 5_000_000;

export const duplicates: DataCheck = {
  name: "duplicates",
  about: "more than 5 % of the rows are there twice, or contradict another one by their label",
  run({ data }) {
    const width = data.inputs.length / Math.max(1, data.length);
    const rows = Math.min(data.length, Math.floor(MAX_VALUES / Math.max(1, width)));
    const { repeated, contradicting } = count(data, width, rows);
    const findings: DataFinding[] = [];
    const add = (n: number, what: string, remedy: string) => {
      if (n > MOST * rows) findings.push({ level: "warning", what: `${n} of ${rows} rows ${what}`, remedy });
    };
    add(
      repeated,
      "are there more than once",
      "leave copies out: one may be trained on and its copy held out, which flatters the model",
    );
    add(
      contradicting,
      "have the values of another row, and another label",
      "look at the labels, or add a column that tells such rows apart",
    );
    return findings;
  },
};

function count(
  data: Dataset,
  width: number,
  rows: number,
): { readonly repeated: number; readonly contradicting: number } {
  const targetWidth = data.targets.length / Math.max(1, data.length);
  const first = new Map<string, number>();
  let [repeated, contradicting] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const key = keyOf(data.inputs.subarray(row * width, (row + 1) * width));
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, row);
    else if (sameTargets(data, targetWidth, earlier, row)) repeated++;
    else contradicting++;
  }
  return { repeated, contradicting };
}

/** Two hashes of 32 bits over the bits of the numbers: one pair in 10^19 meets by chance. */
function keyOf(values: Dataset["inputs"]): string {
  const words = new Uint32Array(values.slice().buffer);
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (const word of words) {
    a = Math.imul(a ^ word, 0x01000193);
    b = Math.imul((b ^ word) + 0x9e3779b9, 0x85ebca6b);
    a ^= a >>> 15;
    b ^= b >>> 13;
  }
  return `${a >>> 0}/${b >>> 0}`;
}

function sameTargets({ targets }: Dataset, width: number, one: number, other: number): boolean {
  for (let i = 0; i < width; i++) if (targets[one * width + i] !== targets[other * width + i]) return false;
  return true;
}
