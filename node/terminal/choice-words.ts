/** What an owner has told a peer to do, and what comes of it now, in words: what is paused, and whose models it asks for first. */
import type { SelectionStatus } from "../../protocol/peer/inbound/choosing.ts";
import type { Pause } from "../../protocol/peer/loop/pauses.ts";
import type { PeerStatus } from "../../protocol/peer/status.ts";
import { percent } from "./print.ts";

const PAUSED: Readonly<Record<Pause["stops"], string>> = {
  training: "no training; what others publish is merged",
  exchange: "nothing is pulled or announced; training goes on",
  all: "the peer is away",
};

/** A line for each reason to pause that holds; one that says that there is none now; none where nothing is ever paused. */
export function pauseTexts({ pauses }: Pick<PeerStatus, "pauses">): string[] {
  if (pauses?.length === 0) return ["nothing now"];
  return (pauses ?? []).map(({ stops, because }) => `${PAUSED[stops]}: ${because}`);
}

export function selectionText({ by, floor, preferred, atRandom }: SelectionStatus): string {
  return `by ${by}: ${preferred} draws since the start; ${atRandom} at random (${percent(floor)} always are, and where no more of an address prefix are preferred)`;
}

/** Both, each with what it is about. */
export function choiceTexts({ pauses, selection }: Pick<PeerStatus, "pauses" | "selection">): string[] {
  return [
    ...pauseTexts({ ...(pauses && { pauses }) }).map((text) => `Paused: ${text}.`),
    ...(selection === undefined ? [] : [`Asked for models first: ${selectionText(selection)}.`]),
  ];
}
