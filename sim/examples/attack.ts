import { crafting, defineAttack, definePlugin, noiseOption } from "hearsay/sim";
import * as z from "zod";

/** Liars publish a share of the mean of the honest models: small enough to look harmless, and it pulls everybody to 0. */
const shrink = defineAttack({
  name: "shrink",
  about: "share x mean of the honest models",
  source: "example of a plugin",
  options: z.strictObject({ factor: z.number().min(0).max(1).default(0.5), noise: noiseOption }),
  join: (coalition, { factor, noise }) =>
    crafting(coalition, noise, ({ mean }) => Float32Array.from(mean, (value) => factor * value)),
});

export default definePlugin({ attacks: [shrink] });
