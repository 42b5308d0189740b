/** One pull: the model of an announcement is fetched on a place (places.ts), and what comes of it for its author. */
import { type HearsayError, isHearsayError } from "../../base/errors.ts";
import type { Clock } from "../../base/seams.ts";
import type { Identities } from "../memory/identities.ts";
import type { Reports } from "../reports.ts";
import type { Announced, Candidate } from "../stages.ts";
import type { Fetch } from "./fetch.ts";
import type { Places, PullOutcome } from "./places.ts";
import { createStrikes, type Strikes } from "./strikes.ts";

export interface Puller {
  readonly places: Places;
  readonly strikes: Strikes;
  /** Pulls the announced model. @param round what counts when the pull ends. */
  pull(announced: Announced, round: Round): Promise<Candidate | FailedPull>;
}

export interface Round {
  /** Own cycles so far. */
  readonly cycle: number;
  /** Largest Euclidean norm that is let in. */
  readonly maxNorm: number;
}

export interface FailedPull {
  /** Whether it had a place until its end. */
  readonly hadPlace: boolean;
  /** `again`: its author may be asked again; `gone`: this model is not to be had; `invalid`: it is no model that can be taken; `over`: this peer ends. */
  readonly because: "again" | "gone" | "invalid" | "over";
}

/** Failed pulls whose author did not answer, or too slowly. */
const SILENT: readonly string[] = ["ERR_UNREACHABLE", "ERR_TIMEOUT"];

/** Failed pulls that are no fault of the model: unreachable, too slow, or replaced meanwhile. */
const NO_FAULT_OF_THE_MODEL: readonly string[] = ["ERR_UNREACHABLE", "ERR_TIMEOUT", "ERR_NOT_FOUND", "ERR_REPLAYED"];

/** Failed pulls that are nobody's fault: the model is gone, or was here before. */
const NO_FAULT: readonly string[] = ["ERR_NOT_FOUND", "ERR_REPLAYED"];

export interface PullerComponents {
  readonly fetcher: Fetch;
  readonly places: Places;
  readonly identities: Identities;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly reports: Pick<Reports, "refused">;
}

/** @param options.signal aborts when the peer ends, from when on no failure is anybody's fault. */
export function createPuller(components: PullerComponents, { signal }: { readonly signal: AbortSignal }): Puller {
  const { fetcher, places, identities, clock } = components;
  const strikes = createStrikes(identities);
  return {
    places,
    strikes,
    async pull(announced, round) {
      const { author } = announced;
      const ending = places.take(author, strikes.has(author));
      try {
        const candidate = await fetcher(announced, ending, () => round.maxNorm);
        strikes.forgive(author);
        places.end(author, "delivered");
        identities.delivered(author, clock.monotonicMs());
        return candidate;
      } catch (error) {
        if (!isHearsayError(error)) throw error;
        const hadPlace = places.end(author, outcomeOf(error));
        return { hadPlace, because: signal.aborted ? "over" : failed(components, strikes, announced, round, error) };
      }
    },
  };
}

function failed(
  { identities, reports }: PullerComponents,
  strikes: Strikes,
  { author }: Announced,
  { cycle }: Round,
  error: HearsayError,
): FailedPull["because"] {
  const { code, message } = error;
  reports.refused(author, code, message);
  if (isBusy(error)) return "again"; // in the next cycle
  const lost = SILENT.includes(code) && identities.isKnown(author);
  if (!NO_FAULT.includes(code) && strikes.add(author, cycle, lost)) return "again"; // in the next cycle
  return NO_FAULT_OF_THE_MODEL.includes(code) ? "gone" : "invalid";
}

function outcomeOf(error: HearsayError): PullOutcome {
  if (SILENT.includes(error.code)) return "silent";
  return isBusy(error) || error.code === "ERR_REPLAYED" ? "busy" : "refused";
}

/** Its author answers too many at the moment. */
function isBusy({ code, details }: Pick<HearsayError, "code" | "details">): boolean {
  return code === "ERR_RATE" && details.limit === undefined;
}
