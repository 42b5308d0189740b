/** The engines, under the names that the setting `engine` takes. One more is its file and its place in this list. */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { LearningTask } from "../../protocol/base/task.ts";
import { dense } from "./dense-engine.ts";
import type { EngineKind } from "./engine.ts";
import { external } from "./external-engine.ts";
import { tensorflow } from "./tensorflow-engine.ts";

/** In the order in which `auto` asks them. */
export const ENGINES: ReadonlyMap<string, EngineKind> = new Map(
  [dense, tensorflow, external].map((engine) => [engine.name, engine]),
);

/** The first engine that suits the task. */
export const AUTO = "auto";

/** Every value of the setting `engine`. */
export const ENGINE_CHOICES: readonly string[] = [AUTO, ...ENGINES.keys()];

/**
 * The engine of this name, or for `auto` the first one that suits the task.
 * @throws HearsayError ERR_CONFIG where there is none.
 */
export function engineFor(
  choice: string,
  task: Pick<LearningTask, "model">,
  engines: ReadonlyMap<string, EngineKind> = ENGINES,
): EngineKind {
  const engine = choice === AUTO ? [...engines.values()].find((one) => one.suits(task)) : engines.get(choice);
  if (engine !== undefined) return engine;
  const names = [AUTO, ...engines.keys()].join(", ");
  throw new HearsayError("ERR_CONFIG", `engine ${choice}: it is one of ${names}`, { engine: choice });
}
