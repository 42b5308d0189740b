/**
 * Names that owners give to their peers, for people who look at lists. Nobody checks a name: two peers may have the same, and a liar may have anybody's. So a
 * name is shown beside a peer id, never in its place, and nothing is decided by it.
 */
import { LIMITS } from "./limits.ts";

/** Letters and digits of any script with their marks, and single spaces, dots, dashes, apostrophes and underscores between them. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:[ ._'-][\p{L}\p{N}][\p{L}\p{N}\p{M}]*)*$/u;

/**
 * The name, where it is one: at most LIMITS.maxSiteNameLength characters, nothing that is invisible, turns the direction of a line or looks like markup.
 * @example
 * import { siteName } from "hearsay/protocol/base/site-name";
 * siteName("Station 7, roof"); // -> undefined
 * siteName("Station 7"); // -> "Station 7"
 */
export function siteName(given: unknown): string | undefined {
  if (typeof given !== "string" || given.length > LIMITS.maxSiteNameLength) return undefined;
  return NAME.test(given) && given === given.normalize("NFC") ? given : undefined;
}
