/** What is wrong with the `releases` of a manifest whose fields are right each by itself. */
import type { Fault } from "../base/faults.ts";
import type { TaskDraft } from "../base/task.ts";
import { publicKeyFromPeerId } from "../wire/identity.ts";

/** The release keys of a task with the threshold filled in. */
export function completeReleases({ releases }: Pick<TaskDraft, "releases">): {
  readonly releases?: NonNullable<TaskDraft["releases"]>;
  readonly faults: readonly Fault[];
} {
  if (releases === undefined) return { faults: [] };
  const { keys, threshold = Math.floor(keys.length / 2) + 1 } = releases;
  const fault = (holds: boolean, path: string, message: string): Fault[] => (holds ? [] : [{ path, message }]);
  const faults = [
    ...keys.flatMap((key, i) =>
      fault(
        publicKeyFromPeerId(key) !== undefined,
        `releases.keys[${i}]`,
        `"${key}" is no peer id of an Ed25519 key: hearsay key show prints one`,
      ),
    ),
    ...fault(new Set(keys).size === keys.length, "releases.keys", "names a key twice"),
    ...fault(threshold <= keys.length, "releases.threshold", `is ${threshold}, above the number of keys; lower it`),
    ...fault(
      2 * threshold > keys.length,
      "releases.threshold",
      `is ${threshold} of ${keys.length}: two halves could order different releases; give more than half`,
    ),
  ];
  return { releases: { keys, threshold }, faults };
}
