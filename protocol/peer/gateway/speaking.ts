/** What a member of a cluster does beside its loop. The loop knows of it by two wrappers only: one of its publisher, one of its saving. */
import type { Saving } from "../loop/saving.ts";
import type { Publisher } from "../loop/way-out.ts";

export interface Speaking {
  /** A publisher that tells the other members of each publication. */
  overPublisher(publisher: Publisher): Publisher;
  /** A saving after whose merges the gateway speaks for the cluster, and the other members check what it says. */
  overSaving(saving: Saving): Saving;
}
