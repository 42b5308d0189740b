/** What every attack finds out of one model. */
import type { Shadow } from "./attack.ts";
import type { Observed } from "./observe.ts";
import { ATTACKS } from "./registry.ts";
import { areaUnderRoc, type Measured, pointOfRoc, type RocPoint } from "./roc.ts";
import type { Scored } from "./rows.ts";

/** Of one attack. */
export interface Finding extends RocPoint {
  readonly attack: string;
  readonly area: Measured;
}

/** The share of others that an attacker who wants to be certain takes for members. */
export const FALSE_POSITIVE_RATE = 0.01;

/**
 * A finding for each attack; without shadows for those that need none.
 * @param scored indices of members and of others among the examples that were observed.
 * @throws RangeError as the attacks, and where fewer than two members or others are scored.
 */
export function measureAttacks(target: Observed, shadows: readonly Shadow[], { members, others }: Scored): Finding[] {
  const usable = [...ATTACKS.values()].filter(({ needsShadows }) => !needsShadows || shadows.length > 0);
  return usable.map((attack) => {
    const scores = attack.score(target, shadows);
    const [of, rest] = [pick(scores, members), pick(scores, others)];
    return { attack: attack.name, area: areaUnderRoc(of, rest), ...pointOfRoc(of, rest, FALSE_POSITIVE_RATE) };
  });
}

function pick(scores: Float64Array, rows: Uint32Array): Float64Array {
  return Float64Array.from(rows, (row) => scores[row] as number);
}
