/** The presence of a scenario's peers, by the model that the scenario names. */
import type { Rng } from "../../protocol/base/rng.ts";
import { exponentialPresence } from "./exponential.ts";
import type { Presence } from "./presence.ts";
import type { ChurnSpec } from "./schema.ts";
import { contactPresence, sessionPresence } from "./trace.ts";
import { vehicleChanges } from "./vehicles.ts";

/**
 * `runMs`: what happens later is of no interest, and may be left out.
 * @throws HearsayError ERR_CONFIG where a trace or a contact names a peer that is not among the `peers`.
 */
export function createPresence(spec: ChurnSpec, peers: number, runMs: number, rng: Rng): Presence {
  switch (spec.kind) {
    case "always-on":
      return { links: "topology", startsOn: () => true, changes: [] };
    case "exponential":
      return exponentialPresence(spec, peers, rng);
    case "trace":
      return sessionPresence(spec.sessions, peers);
    case "encounters":
      return contactPresence(spec.contacts, peers);
    case "vehicles":
      return { links: "contacts", startsOn: () => true, changes: vehicleChanges(spec, peers, rng, runMs) };
  }
}
