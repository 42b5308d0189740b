/** The attacks, by the name that command line and scenarios use. Each wraps a trainer; a peer has no flag for any. */
import type { Trainer } from "../../protocol/seams.ts";
import { signFlip } from "./sign-flip.ts";

export const ATTACKS: ReadonlyMap<string, (trainer: Trainer) => Trainer> = new Map([
  ["sign-flip", (trainer: Trainer) => signFlip(trainer)],
]);
