import { definePlugin, settled } from "hearsay/sim";

/** own + (step / m) sum of (candidate - own) over the m candidates: a mean that trusts itself more. Like median, it may stand behind `nnm+`. */
const cautiousMean = settled({
  name: "cautious-mean",
  about: "a step from the own model to the mean of the others",
  minCandidates: 1,
  parameters: { step: { default: 0.5, min: 0, max: 1, about: "how far to go to the mean of the others" } },
  settle({ masses }, { step = 0.5 }) {
    const candidates = masses.length - 1; // row 0 is the own model
    return { kind: "linear", coefficients: masses.map((_, row) => (row === 0 ? 0 : step / candidates)) };
  },
});

export default definePlugin({ rules: [cautiousMean] });
