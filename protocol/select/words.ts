/** Sentences that several selectors say. */

/** What a worth means; @param what its models did. */
export function worthText(what: string, worth: number): string {
  if (worth === 0.5) return `nothing is known of whether its models ${plural(what)}`;
  return `${what} more often than others: ${worth.toFixed(2)} of 1, where 0.50 is neither`;
}

function plural(what: string): string {
  return what.replace(/^was\b/, "were");
}
