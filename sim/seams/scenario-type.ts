/** A complete scenario, as `run/scenario.ts` parses it: what every part of a simulation may know. */
import type * as z from "zod";
import type { Immutable } from "../../protocol/base/immutable.ts";
import type { scenarioSchema } from "./scenario-schema.ts";

export { type Choice, optionsOf } from "../network/choice.ts";

type Draft = Immutable<z.output<typeof scenarioSchema>>;

/** What each field is says the schema. `algorithm`, `attack` and `network.topology` hold the options that their registries filled in. */
export interface Scenario extends Omit<Draft, "logs"> {
  readonly logs: "keep" | "heads";
}

/** Whether peers say of every merge who moved their model. */
export function isExplained({ metrics: { explain, fairness } }: Pick<Scenario, "metrics">): boolean {
  return explain === true || fairness === true;
}
