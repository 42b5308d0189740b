/** How a scenario names one of several things with options of its own, and the one that it names with all options. */
import * as z from "zod";

/** `name`, or `{ kind: name, ...options }`; the options are checked by the entry of the registry. */
export const choice = z.union([z.string().transform((kind) => ({ kind })), z.looseObject({ kind: z.string() })], {
  error: "give a name, or { kind: NAME, ...options }; hearsay sim list shows them",
});

/** An entry of a registry and its options. */
export interface Choice {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** The options of a choice; the share of the liars is none of an attack's own. */
export function optionsOf(choice: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { kind: _kind, share: _share, ...options } = choice;
  return options;
}
