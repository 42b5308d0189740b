/** What a member of a cluster does beside its loop, as the wiring of the loop sees it. */
import type { Saving } from "../loop/saving.ts";
import type { Publisher } from "../loop/way-out.ts";

export interface Speaking {
  /** The others hear of each publication. */
  heeds(publisher: Publisher): Publisher;
  /** After each merge the gateway speaks, and the others look at what it says. */
  after(saving: Saving): Saving;
}
