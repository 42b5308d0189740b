/** The hints of `hearsay init`, in the order in which they are told. One more is its file and its place in this list. */
import type { Hint, TableLook } from "./hint.ts";
import { identifiers } from "./identifiers.ts";
import { kind } from "./kind.ts";
import { rareClass } from "./rare-class.ts";
import { skew } from "./skew.ts";
import { telltale } from "./telltale.ts";

export const HINTS: readonly Hint[] = [identifiers, telltale, kind, rareClass, skew];

/** What all of them find. */
export function hintsOf(look: TableLook): string[] {
  return HINTS.flatMap(({ run }) => run(look));
}
