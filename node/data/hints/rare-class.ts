/**
 * Hint `rare class`: a class that is so rare that a model which never says it looks good. Accuracy then tells little, and a peer may
 * have no row of it at all.
 */
import { counted } from "../../../protocol/base/counted.ts";
import { quoted } from "../names.ts";
import type { Hint } from "./hint.ts";

/** Of what each class would have if all were as common. */
const RARE = 0.2;

export const rareClass: Hint = {
  name: "rare class",
  about: "a class that has less than a fifth of an even share of the rows",
  run({ targets, rows, classes }) {
    if (classes.length === 0) return []; // targets of a regression are no indices
    const counts = classes.map((name) => ({ name, count: 0 }));
    for (const index of targets) (counts[index] as { count: number }).count++;
    const [rarest, ...others] = counts.toSorted((a, b) => a.count - b.count);
    const most = others.at(-1);
    if (rarest === undefined || most === undefined || rarest.count * classes.length >= RARE * rows) return [];
    const percent = ((100 * most.count) / rows).toFixed(0);
    return [
      `class ${quoted(rarest.name)} has ${counted(rarest.count, "row")} of ${rows}: who always says ${quoted(most.name)} is right in ${percent} %, ` +
        "so look at macroF1 and worstClass beside accuracy (hearsay eval)",
    ];
  },
};
