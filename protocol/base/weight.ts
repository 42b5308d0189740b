/** Weights are fixed-point numbers, Q16: their sums are exact, and the log, which holds no floats, can state them. */

/** Weight 1: that of one's own model, and the largest. */
export const UNIT_WEIGHT = 65536;

/** Most models that one may stand for; with staleness weights of at most 2^16, weights stay far below 2^53. */
export const MAX_MASS: number = 2 ** 20;
