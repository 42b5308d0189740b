/** What of a peer others may have: the model that it serves, the newest one that it published, and what its last trainings changed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createModels, type Models } from "../../../protocol/audit/models.ts";
import { equalBytes } from "../../../protocol/base/bytes.ts";
import { numParams, type Task } from "../../../protocol/base/task.ts";
import { codecOf } from "../../../protocol/codec/registry.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import type { PublishBody, TrainBody } from "../../../protocol/log/entry/bodies.ts";
import { readEntry } from "../../../protocol/log/entry/entry.ts";
import { encodeTask } from "../../../protocol/task/manifest.ts";
import { nodeCrypto } from "../../crypto.ts";
import { readArchived } from "../../disk/archive.ts";
import { readModel } from "../../disk/model-file.ts";
import { bodiesPath, modelPath } from "../../disk/state-dir.ts";
import { withLog } from "../log/source.ts";

/** A model as an attacker has it, and the training by which models like it are made. */
export interface Sight {
  readonly params: Float32Array;
  /** What the training starts from. */
  readonly start: Float32Array;
  /** Of `start`, optimiser steps in its lineage. */
  readonly startAge: number;
  readonly steps: number;
}

/** What one attacker has. */
export interface Exposure {
  readonly model: "served" | "published" | "file";
  /** In words for people. */
  readonly seen: string;
  /** Of the newest model; infinity where it is not known. */
  readonly age: number;
  /** At least one. */
  readonly sights: readonly Sight[];
  /** What is lost on the way out. */
  release(trained: Float32Array): Float32Array;
}

/** What is exposed, and `missing`, which says why something is not tested. */
export interface Exposures {
  readonly exposures: readonly Exposure[];
  readonly missing?: string;
}

/** Publications that are looked through for those of which everything is kept. */
const MOST_PUBLICATIONS = 256;
/** What a neighbour has that pulls a peer's models for a while, and repeats the merges before its trainings from the log. */
const MOST_UPDATES = 8;

interface Publication {
  readonly published: PublishBody;
  readonly training: TrainBody;
}

/**
 * The model in a file.
 * @throws HearsayError ERR_STATE, ERR_DECODE, ERR_TASK.
 */
export async function modelInFile(path: string, task: Task, model: "served" | "file" = "file"): Promise<Exposure> {
  const { params, metadata } = await readModel(path, task);
  const age = Number(metadata.age ?? Number.POSITIVE_INFINITY); // a file of a simulation does not say
  return { model, seen: "the model", age, sights: [fromScratch(params, age, task)], release: (trained) => trained };
}

/** What is in a state directory, whether its peer runs or not. @throws HearsayError ERR_STATE, ERR_DECODE, ERR_TASK. */
export async function exposuresOf(stateDir: string, task: Task): Promise<Exposures> {
  const served = await modelInFile(modelPath(stateDir), task, "served");
  if (task.personal !== undefined) {
    const missing =
      "no published model is tested: part of the model stays at this site, and what is published is none by itself";
    return { exposures: [served], missing };
  }
  const codec = codecOf(task, nodeCrypto.sha256(encodeTask(task)));
  const models = createModels(codec, numParams(task), nodeCrypto, (hash) => readArchived(bodiesPath(stateDir), hash));
  const updates = await newestUpdates(await publications(stateDir), models);
  const [newest] = updates;
  if (newest === undefined) {
    const missing =
      "no published model is tested: bodies/ has none together with what its training started from (see the settings retention)";
    return { exposures: [served], missing };
  }
  const published = {
    ...({ model: "published", age: newest.startAge + newest.steps } as const),
    release: (trained: Float32Array) => codec.decode(codec.encode(trained)),
  };
  const whole = [fromScratch(newest.params, published.age, task)];
  const several = updates.length === 1 ? "the last update" : `the last ${updates.length} updates`;
  return {
    exposures: [
      served,
      { ...published, seen: "the model", sights: whole },
      { ...published, seen: several, sights: updates },
    ],
  };
}

/** As if the training had begun at the task's initial parameters, and nobody else had taken part. */
function fromScratch(params: Float32Array, age: number, task: Task): Sight {
  return { params, start: initialParams(task.tensors, task.seed), startAge: 0, steps: age };
}

/** The newest first: models that the peer published, as far as bodies/ has them and the models before their trainings. */
async function newestUpdates(newest: readonly Publication[], models: Models): Promise<Sight[]> {
  const updates: Sight[] = [];
  for (const { published, training } of newest) {
    if (updates.length === MOST_UPDATES) break;
    const params = await models.body(published.model);
    const start = params instanceof Float32Array ? await models.vector(training.in) : undefined;
    const { age, steps } = training;
    if (params instanceof Float32Array && start !== undefined)
      updates.push({ params, start, startAge: age - steps, steps });
  }
  return updates;
}

/** The newest first. Trainings that were moved (`protocol/task/move.ts`) began at another model than that of which the log says the hash: they are passed over. */
async function publications(stateDir: string): Promise<Publication[]> {
  if (!existsSync(join(stateDir, "db"))) return [];
  const newest: Publication[] = [];
  let training: TrainBody | undefined;
  await withLog(stateDir, undefined, async (log) => {
    for await (const signed of log.entries()) {
      const { type, body } = readEntry(signed, nodeCrypto);
      if (type === "train") training = body.moved === undefined ? body : undefined;
      if (type !== "publish" || training === undefined) continue;
      if (body.trained !== undefined && equalBytes(body.trained, training.out))
        newest.push({ published: body, training });
      if (newest.length > MOST_PUBLICATIONS) newest.shift();
    }
  });
  return newest.reverse();
}
