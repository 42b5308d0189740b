/** The privacy mechanisms, under the names that log and audit share. One more is its file and its place in this list. */
import { dpSgd } from "./dp-sgd.ts";
import { gaussianUpdate } from "./gaussian-update.ts";
import type { Mechanism } from "./mechanism.ts";
import { none } from "./none.ts";

/** Every mechanism, by name. One more is its file and its place in this list. */
export const MECHANISMS: ReadonlyMap<string, Mechanism> = new Map(
  [none, dpSgd, gaussianUpdate].map((mechanism) => [mechanism.name, mechanism]),
);

/** That of a task, `none` where it names none. @throws RangeError for a name that no task can have. */
export function mechanismOf({
  privacy,
}: {
  readonly privacy?: { readonly mechanism?: string | undefined } | undefined;
}): Mechanism {
  const name = privacy?.mechanism ?? none.name;
  const mechanism = MECHANISMS.get(name);
  if (mechanism === undefined) throw new RangeError(`no privacy mechanism ${name}`);
  return mechanism;
}
