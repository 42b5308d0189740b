/** The optimisers, under the names that `training.optimiser` of a task has. One more is its file and its place in this list. */
import { adam } from "./adam.ts";
import { momentum } from "./momentum.ts";
import type { Optimiser, OptimiserKind, OptimiserSettings } from "./optimiser.ts";
import { sgd } from "./sgd.ts";

export const OPTIMISERS: ReadonlyMap<string, OptimiserKind> = new Map(
  [sgd, momentum, adam].map((kind) => [kind.name, kind]),
);

/** @throws RangeError for a name that no task can have. */
export function optimiserOf({
  optimiser = sgd.name,
  ...settings
}: OptimiserSettings & { optimiser?: string }): Optimiser {
  const kind = OPTIMISERS.get(optimiser);
  if (kind === undefined) throw new RangeError(`no optimiser ${optimiser}`);
  return kind.create(settings);
}
