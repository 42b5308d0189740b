/** A complete scenario, as `run/scenario.ts` parses it: what every part of a simulation may know. */
import type * as z from "zod";
import type { Immutable } from "../../protocol/base/immutable.ts";
import type { scenarioSchema } from "./scenario-schema.ts";

type Draft = Immutable<z.output<typeof scenarioSchema>>;

/** What each field is says the schema. `algorithm` and `attack` hold the options that their registries filled in. */
export interface Scenario extends Omit<Draft, "logs"> {
  readonly logs: "keep" | "heads";
}

/** An entry of a registry and its options. */
export interface Choice {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** The options of `algorithm` or `attack`. */
export function optionsOf(choice: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { kind: _kind, share: _share, ...options } = choice;
  return options;
}
