/** Attacks are written with the type of their own options; this gives them the one that registry and scenarios hold. */
import type { z } from "zod";
import type { Rng } from "../../protocol/base/rng.ts";
import type { Task } from "../../protocol/base/task.ts";
import type { Attack, Coalition, Disguise, Liar, Target } from "./attack.ts";

type Links = readonly (readonly [number, number])[];

interface Definition<S extends z.ZodType> {
  readonly name: string;
  readonly about: string;
  readonly source: string;
  readonly options: S;
  identities?(options: z.output<S>): number;
  rewire?(links: Links, lies: (index: number) => boolean, peers: number, rng: Rng, options: z.output<S>): Links;
  nearMs?(options: z.output<S>): number | undefined;
  join(coalition: Coalition, options: z.output<S>): (liar: Liar) => Disguise;
  target?(options: z.output<S>, task: Task): Target;
}

/** Options that are left out get their defaults, so that `join(coalition, {})` is the attack as its source has it. */
export function defineAttack<S extends z.ZodType>(definition: Definition<S>): Attack {
  const { options: schema, identities, rewire, nearMs, join, target, ...texts } = definition;
  return {
    ...texts,
    options: schema,
    join: (coalition, options) => join(coalition, schema.parse(options)),
    ...(identities && { identities: (options: unknown) => identities(schema.parse(options)) }),
    ...(rewire && {
      rewire: (links: Links, lies: (index: number) => boolean, peers: number, rng: Rng, options: unknown) =>
        rewire(links, lies, peers, rng, schema.parse(options)),
    }),
    ...(nearMs && { nearMs: (options: unknown) => nearMs(schema.parse(options)) }),
    ...(target && { target: (options: unknown, task: Task) => target(schema.parse(options), task) }),
  };
}
