/** What the page knows: a value that each event makes a new one of. Bounded, however long it is open. */
import type { RememberedMerge } from "../../protocol/peer/memory/history.ts";
import type { PageEvents, PageFacts, PageNow, PageSample } from "../observe/messages.ts";

/**
 * How the page stands to its peer: it asks for the first time (`connecting`), hears it (`live`), or hears nothing (`lost`: it asks again; `ended`: the peer said that it
 * stops). `no-key` and `wrong-key`: there is nothing to ask with. `full`: too many pages are open.
 */
export type Connection = "connecting" | "live" | "lost" | "ended" | "no-key" | "wrong-key" | "full";

export interface PageState {
  readonly connection: Connection;
  /** When the peer was heard last, ms; 0 before. */
  readonly heardMs: number;
  readonly facts?: PageFacts;
  readonly now?: PageNow;
  readonly samples: readonly PageSample[];
  /** Oldest first. */
  readonly merges: readonly RememberedMerge[];
}

export const NOTHING: PageState = { connection: "connecting", heardMs: 0, samples: [], merges: [] };

export const MOST_SAMPLES = 512;
/** As many as a peer remembers. */
export const MOST_MERGES = 256;

/** The state after an event. One that the page does not know changes nothing but the time. */
export function after(state: PageState, name: string, data: unknown, heardMs: number): PageState {
  const heard: PageState = { ...state, connection: "live", heardMs };
  const event = data as never;
  switch (name as keyof PageEvents) {
    case "facts":
      return { ...heard, facts: event, samples: [], merges: [] };
    case "now":
      return { ...heard, now: event };
    case "samples":
      return { ...heard, samples: (event as PageEvents["samples"]).slice(-MOST_SAMPLES) };
    case "sample":
      return { ...heard, samples: [...state.samples, event as PageSample].slice(-MOST_SAMPLES) };
    case "merges":
      return { ...heard, merges: joined(state.merges, event) };
    case "ended":
      return { ...heard, connection: "ended" };
    default:
      return heard;
  }
}

/** Those that came twice once. */
function joined(before: readonly RememberedMerge[], more: readonly RememberedMerge[]): readonly RememberedMerge[] {
  const last = before.at(-1)?.cycle ?? -1;
  return [...before, ...more.filter(({ cycle }) => cycle > last)].slice(-MOST_MERGES);
}
