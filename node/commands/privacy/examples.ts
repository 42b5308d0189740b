/** The rows that attacks are measured on: those that the peer trains on, and as many of each class that it never saw. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import { createRng } from "../../../protocol/base/rng.ts";
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
  readonly scored: Scored;
  readonly warnings: readonly string[];
}

/** Fewer rows of a kind say nothing. */
const FEWEST = 10;

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
  const chosen = selectRows(others, scored.others);
  const after = Uint32Array.from(scored.others, (_, i) => train.length + i);
  return {
    ...{ pool: joined(train, chosen), members: train.length, scored: { members: scored.members, others: after } },
    warnings: [...warnings, ...unlike(config)],
  };
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
