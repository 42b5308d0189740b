/**
 * Deals the rows of one data set out to peers, as experiments on gossip and federated learning do. How, say the files of `partitions/`.
 *
 * The parts do not overlap and cover the data; the same seed gives the same parts. No part has fewer than 2 rows, so that
 * every peer can train and hold one row out: a part that falls short takes rows from the largest.
 */
import { HearsayError } from "../../base/errors.ts";
import { createRng } from "../../base/rng.ts";
import type { Dataset } from "./dataset.ts";
import type { Partition } from "./partitions/partition.ts";
import { PARTITIONS } from "./partitions/registry.ts";

/** The name of a partition, and what stands after the colon. */
export interface PartitionSpec {
  readonly kind: string;
  readonly number?: number;
}

const MIN_ROWS = 2;

/**
 * Row indices of each peer, ascending. Cost that of the partition, and O(peers^2) where many parts fall short.
 * @throws HearsayError ERR_DATA where rows are too few, or owners are asked for and unknown.
 * @throws RangeError unless peers >= 1, and the partition is known and deals every row once.
 */
export function partition(
  data: Dataset,
  { kind, number = 0 }: PartitionSpec,
  peers: number,
  seed: number,
): Uint32Array[] {
  if (!Number.isSafeInteger(peers) || peers < 1) throw new RangeError(`peers is ${peers}, it must be 1 or more`);
  const how = PARTITIONS.get(kind);
  if (how === undefined) throw new RangeError(`there is no partition ${kind}`);
  const needed = peers * Math.max(MIN_ROWS, how.minRows?.(number) ?? 0);
  if (data.length < needed) {
    throw new HearsayError(
      "ERR_DATA",
      `${data.length} rows are too few for ${peers} peers: this partition needs ${needed}; use fewer peers or more data`,
      { rows: data.length, peers, needed },
    );
  }
  const parts = how.deal({ data, peers, rng: createRng(`partition/${kind}/${seed}`), number });
  checkParts(how, parts, data.length, peers);
  fillUp(parts);
  return parts.map((rows) => Uint32Array.from(rows).sort());
}

/** A partition that somebody added may be wrong, and what comes of it would look like a result. */
function checkParts({ name }: Partition, parts: readonly (readonly number[])[], rows: number, peers: number): void {
  const seen = new Uint8Array(rows);
  const refuse = (why: string) =>
    new HearsayError("ERR_DATA", `partition ${name} ${why}: deal() must give each of ${rows} rows to one of ${peers}`);
  if (parts.length !== peers) throw refuse(`makes ${parts.length} parts for ${peers} peers`);
  for (const part of parts)
    for (const row of part) {
      if (seen[row] !== 0) throw refuse(seen[row] === 1 ? `deals row ${row} twice` : `deals row ${row}, which is none`);
      seen[row] = 1;
    }
  const left = seen.indexOf(0);
  if (left !== -1) throw refuse(`deals row ${left} to nobody`);
}

/** What `parsePartition` takes, for JSON Schema; numbers that are no number above 0 are refused by it alone. */
export function partitionPattern(): string {
  const kinds = [...PARTITIONS.values()].map(({ name, number }) => (number === undefined ? name : `${name}:${NUMBER}`));
  return String.raw`^\s*(?:${kinds.join("|")})\s*$`;
}

const NUMBER = "[0-9.]+(?:[eE][+-]?[0-9]+)?";
const NUMBER_ALONE = new RegExp(`^${NUMBER}$`);

/** What there is, for help: `iid, dirichlet:<alpha> or owner`. */
export function describePartitions(): string {
  const kinds = [...PARTITIONS.values()].map(({ name, number }) =>
    number === undefined ? name : `${name}:<${number.name.toLowerCase()}>`,
  );
  return `${kinds.slice(0, -1).join(", ")} or ${kinds.at(-1)}`;
}

/** `iid`, `dirichlet:0.5`, `label-dirichlet:0.5`, `shards:2` or `owner`. @throws HearsayError ERR_CONFIG for anything else. */
export function parsePartition(text: string): PartitionSpec {
  const [kind = "", argument, ...rest] = text.trim().split(":");
  const refuse = (why: string) =>
    new HearsayError("ERR_CONFIG", `partition "${text}": ${why}; give ${remedy()}`, { text });
  if (rest.length > 0) throw refuse("has two colons");
  const known = PARTITIONS.get(kind);
  if (known === undefined) throw refuse("is no known kind");
  if (known.number === undefined) {
    if (argument !== undefined) throw refuse(`${kind} takes no number`);
    return { kind };
  }
  const { name, isWhole = false } = known.number;
  const value = NUMBER_ALONE.test(argument ?? "") ? Number(argument) : Number.NaN;
  if (!(value > 0 && value < Infinity && (!isWhole || Number.isSafeInteger(value))))
    throw refuse(`${name} must be a ${isWhole ? "whole " : ""}number above 0`);
  return { kind, number: value };
}

/** With examples, for messages. */
function remedy(): string {
  const kinds = [...PARTITIONS.values()].map(({ name, number }) =>
    number === undefined ? name : `${name}:${number.name} (as ${name}:${number.example})`,
  );
  return `${kinds.slice(0, -1).join(", ")} or ${kinds.at(-1)}`;
}

/** Moves the last rows of the largest part (the first such) to parts with fewer than MIN_ROWS. */
function fillUp(parts: readonly number[][]): void {
  for (const part of parts) {
    while (part.length < MIN_ROWS) {
      const largest = parts.reduce((a, b) => (b.length > a.length ? b : a));
      part.push(largest.pop() as number);
    }
  }
}
