/** The rows that attacks are measured on: those that the peer trains on, and as many of each class that it never saw. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import { createRng, type Rng } from "../../../protocol/base/rng.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { type Dataset, type Numbers, selectRows } from "../../../protocol/learn/data/dataset.ts";
import { matchClasses, type Scored } from "../../../protocol/privacy/inference/rows.ts";
import { loadPeerData } from "../../data/share.ts";
import type { DataConfig } from "../../settings/table.ts";

/** Members first. */
export interface Examples {
  /** What shadows are trained on shares of. */
  readonly pool: Dataset;
  /** Rows of the pool that the peer trains on, those that no other row is compared with among them. */
  readonly members: number;
  /** Rows of the pool that models are asked about. */
  readonly asked: Uint32Array;
  /** Which of `asked` are which. */
  readonly scored: Scored;
  readonly warnings: readonly string[];
}

/** Fewer rows of a kind say nothing. */
const FEWEST = 10;
/** More say hardly more: what all shadows answer to them has to stay in memory. */
const MOST = 10_000;

/**
 * @param outsiders a file of rows that the peer never saw, beside its hold-out.
 * @throws HearsayError ERR_DATA where there are too few rows of a kind; and as `loadPeerData`.
 */
export async function loadExamples(
  config: DataConfig,
  task: Task,
  { outsiders, seed }: { readonly outsiders: string | undefined; readonly seed: number },
): Promise<Examples> {
  const { train, holdout, warnings } = await loadPeerData(config, task);
  const file = outsiders === undefined ? undefined : await loadWhole(outsiders, config, task);
  const others = [...(holdout === undefined ? [] : [holdout]), ...(file === undefined ? [] : [file])].reduce(
    joined,
    selectRows(train, []),
  );
  const scored = matchClasses(labels(train, task), labels(others, task), createRng(`privacy-test/${seed}`));
  for (const [kind, { length }, remedy] of [
    ["members", scored.members, "the peer has too few rows"],
    ["other rows of the same classes", scored.others, "hold more out, or give more with --outsiders FILE"],
  ] as const)
    if (length < FEWEST)
      throw new HearsayError("ERR_DATA", `${length} ${kind} can be compared, ${FEWEST} are needed: ${remedy}`, {
        length,
      });
  const rng = createRng(`privacy-test/${seed}/asked`);
  const members = some(scored.members, rng.fork("members"));
  const besides = some(
    scored.others.map((_, i) => train.length + i),
    rng.fork("others"),
  );
  return {
    pool: joined(train, selectRows(others, scored.others)),
    members: train.length,
    asked: Uint32Array.from([...members, ...besides]),
    scored: { members: upTo(members.length, 0), others: upTo(besides.length, members.length) },
    warnings: [...warnings, ...unlike(config)],
  };
}

/** At most `MOST` of them, by chance. */
function some(rows: Uint32Array, rng: Rng): Uint32Array {
  if (rows.length <= MOST) return rows;
  return Uint32Array.from(rng.permutation(rows.length).subarray(0, MOST), (i) => rows[i] as number).sort();
}

function upTo(length: number, first: number): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => first + i);
}

async function loadWhole(path: string, config: DataConfig, task: Task): Promise<Dataset> {
  const whole = { dataset: undefined, holdout: 0, holdoutPath: undefined, share: undefined, targets: undefined };
  return (await loadPeerData({ ...config, ...whole, path }, task)).train;
}

function unlike({ holdoutBy, path, holdoutPath }: DataConfig): string[] {
  if (path === undefined || (holdoutBy === "chance" && holdoutPath === undefined)) return [];
  const how = holdoutPath === undefined ? `data.holdoutBy is ${holdoutBy}` : "they are of another file";
  return [`rows that are held out differ from members also in other ways (${how}): some of what is found may be that`];
}

function labels({ targets, length }: Dataset, { output }: Task): ArrayLike<number> {
  return output.kind === "classification" ? targets : new Uint8Array(length);
}

function joined(first: Dataset, second: Dataset): Dataset {
  const length = first.length + second.length;
  return { inputs: end(first.inputs, second.inputs), targets: end(first.targets, second.targets), length };
}

/** In float64 where one of them is. */
function end(first: Numbers, second: Numbers): Numbers {
  const wide = first instanceof Float64Array || second instanceof Float64Array;
  const both = new (wide ? Float64Array : Float32Array)(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
