/**
 * The task manifest: people write YAML; the canonical bytes are strict DAG-CBOR of the complete task (defaults filled in,
 * tensors listed), and the task id is their SHA-256.
 */
import { HearsayError } from "../base/errors.ts";
import { type Fault, faultLines, faultsOf, sizeFault } from "../base/faults.ts";
import { LIMITS } from "../base/limits.ts";
import type { Task } from "../base/task.ts";
import { taskSchema } from "../base/task-schema.ts";
import { decodeCanonical, encodeCanonical } from "../wire/canonical.ts";
import { bodyFaults, completeRule, completeTraining, draftFaults, tensorsOf } from "./manifest-checks.ts";
import { completePersonal } from "./personal-checks.ts";
import { completePrivacy, gatewayFaults, mixingFaults } from "./privacy-checks.ts";
import { completeReleases } from "./release-checks.ts";

/**
 * Checks a manifest as people write it, fills in defaults and derives the tensors.
 * @throws HearsayError ERR_TASK with every fault at once in `details.faults`.
 * @example
 * import { parseTask } from "hearsay/protocol/task/manifest";
 * const output = { kind: "classification", classes: ["cat", "dog"] };
 * const task = parseTask({ name: "pets", input: { shape: [3] }, output, model: { kind: "softmax" } });
 * task.tensors; // -> [["dense0/kernel", [3, 2]], ["dense0/bias", [2]]]
 * task.aggregation.rule; // -> "guarded-median"
 * parseTask({ name: "Pets" }); // throws ERR_TASK
 */
export function parseTask(source: unknown): Task {
  const oversized = sizeFault(source);
  if (oversized !== undefined) throw taskError([oversized]);
  const parsed = taskSchema.safeParse(source);
  if (!parsed.success) throw taskError(faultsOf(parsed.error, source, taskSchema));
  const draft = parsed.data;
  const { parameters, faults: ruleFaults } = completeRule(draft.aggregation);
  const { training, faults: trainingFaults } = completeTraining(draft);
  const { privacy, faults: privacyFaults } = completePrivacy(draft);
  const { releases, faults: releaseFaults } = completeReleases(draft);
  refuse([...draftFaults(draft), ...trainingFaults, ...ruleFaults, ...privacyFaults, ...releaseFaults]);
  const { tensors, faults: tensorFaults } = tensorsOf(draft);
  refuse(tensorFaults);
  const { personal, faults: personalFaults } = completePersonal(draft, tensors);
  refuse(personalFaults);
  const asked = { ...(privacy && { privacy }), ...(releases && { releases }), ...(personal && { personal }) };
  const task: Task = { ...draft, training, tensors, aggregation: { ...draft.aggregation, parameters }, ...asked };
  refuse([...bodyFaults(task), ...mixingFaults(task), ...gatewayFaults(task)]);
  return task;
}

/** Canonical bytes of a manifest; `sha256(bytes)` is the task id. */
export function encodeTask(task: Task): Uint8Array {
  return encodeCanonical(task);
}

/**
 * Decodes canonical bytes. @throws HearsayError ERR_DECODE | ERR_NOT_CANONICAL | ERR_TOO_LARGE | ERR_TASK.
 */
export function decodeTask(bytes: Uint8Array): Task {
  const task = parseTask(decodeCanonical(bytes, LIMITS.maxManifestBytes));
  const again = encodeTask(task);
  if (again.length !== bytes.length || again.some((byte, i) => byte !== bytes[i])) {
    throw new HearsayError("ERR_NOT_CANONICAL", "the manifest is not complete: fields are missing that have a default");
  }
  return task;
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) throw taskError(faults);
}

function taskError(faults: readonly Fault[]): HearsayError {
  return new HearsayError("ERR_TASK", `the task has ${faults.length} fault(s):\n${faultLines(faults)}`, { faults });
}
