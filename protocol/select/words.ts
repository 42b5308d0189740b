/** Sentences that several selectors say. */

/** What a worth means; @param what its models did. */
export function worthText(what: string, worth: number): string {
  if (worth === 0.5) return `nothing is known of whether its models ${plural(what)}`;
  return `${what} more often than others: ${worth.toFixed(2)} of 1, where 0.50 is neither`;
}

function plural(what: string): string {
  return what.replace(/^was\b/, "were");
}

/**
 * On how much that stands. @param weight how many models that were just seen it counts as; @param cycle own cycle of the newest; @param isFromBefore the peer was started anew since.
 * @example
 * import { memoryText } from "hearsay/protocol/select/words";
 * memoryText(2.25, 40, true); // -> "what was seen counts as 2.3 models, the newest of cycle 40, before this start"
 */
export function memoryText(weight: number, cycle: number, isFromBefore: boolean): string {
  const before = isFromBefore ? ", before this start" : "";
  return `what was seen counts as ${weight.toFixed(1)} models, the newest of cycle ${cycle}${before}`;
}
