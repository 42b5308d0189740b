/** A gateway that lies for its cluster: it learns honestly inside, asks to be the gateway, and releases -scale times the median of its members. */
import * as z from "zod";
import type { Attack } from "./attack.ts";
import { defineAttack } from "./define.ts";
import { scaled } from "./vectors.ts";

export const falseRelease: Attack = defineAttack({
  name: "false-release",
  about: "as a gateway, -scale x what its cluster has; honest where it is none",
  source: "our own: the worst that whoever speaks for others can say, under their names",
  options: z.strictObject({ scale: z.number().positive().default(3) }),
  join: (_, { scale }) => {
    return () => ({
      wantsGateway: true,
      aggregator: (aggregator) => ({
        async aggregate(rule, parameters, input) {
          const output = await aggregator.aggregate(rule, parameters, input);
          return rule === "median" ? { ...output, params: scaled(output.params, -scale) } : output;
        },
      }),
    });
  },
});
