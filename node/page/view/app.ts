/** The whole page, from what is known. */
import { h, type JSX } from "preact";
import { agoText, peerName } from "../format.ts";
import type { Connection, PageState } from "../state.ts";
import { Choices } from "./choices.ts";
import { Learning } from "./learning.ts";
import { Moved } from "./moved.ts";
import { Place } from "./place.ts";
import { Refused } from "./refused.ts";
import { Release } from "./release.ts";
import { Log, Machine, Privacy, Staleness, Traffic } from "./rest.ts";
import { Stream } from "./stream.ts";
import { Who } from "./who.ts";

const BADGES: Readonly<Record<Connection, string>> = {
  connecting: "connecting",
  live: "live",
  lost: "no answer",
  ended: "stopped",
  "no-key": "locked",
  "wrong-key": "locked",
  full: "waiting",
};

export function App({ state, nowMs }: { state: PageState; nowMs: number }): JSX.Element {
  const { connection, now } = state;
  return h(
    "div",
    { class: `page ${connection}` },
    h(
      "header",
      null,
      h(
        "div",
        null,
        h("h1", null, now?.status.task.name ?? "Hearsay"),
        now && h("p", { class: "note" }, "peer ", h("code", { title: now.status.peerId }, peerName(now.status.peerId))),
      ),
      h("p", { class: `badge ${connection}`, role: "status" }, BADGES[connection]),
    ),
    notice(state, nowMs),
    h("main", null, ...content(state)),
    h(
      "footer",
      null,
      h(
        "p",
        null,
        "This page is served by the peer itself, on this machine. It asks nobody else for anything. Loading it again needs the whole address: hearsay open.",
      ),
    ),
  );
}

function content(state: PageState): JSX.Element[] {
  const { facts, now, merges } = state;
  if (facts === undefined || now === undefined)
    return state.connection === "connecting" ? [h("p", { class: "loading" }, "Asking the peer …")] : [];
  return [
    h(Learning, { facts, now, state }),
    ...(now.stream === undefined ? [] : [h(Stream, { stream: now.stream, state })]),
    ...(now.words.choices.length === 0 ? [] : [h(Choices, { texts: now.words.choices })]),
    h(Who, { now }),
    h(Place, { now }),
    h(Moved, { merges, now }),
    h(Refused, { now }),
    h(Staleness, { now }),
    h(Traffic, { now, state }),
    h(Privacy, { now }),
    h(Release, { now }),
    h(Log, { now }),
    h(Machine, { facts, now }),
  ];
}

/** What a person should know about the connection, and do. */
function notice({ connection, heardMs }: PageState, nowMs: number): JSX.Element | undefined {
  const text = noticeText(connection, heardMs === 0 ? undefined : agoText(nowMs - heardMs));
  return text === undefined ? undefined : h("p", { class: "notice", role: "alert" }, text);
}

function noticeText(connection: Connection, heard: string | undefined): string | undefined {
  switch (connection) {
    case "no-key":
      return "This address has no key. Open the page with hearsay open: the key comes with the address and is kept in no file, so that loading the page again loses it.";
    case "wrong-key":
      return "The key in this address is wrong, was used before, or is of an earlier run of the peer. Open the page with hearsay open.";
    case "ended":
      return `The peer has stopped (${heard ?? "before this page was open"}). What is below is the last that it told. Start it with hearsay up, then hearsay open.`;
    case "full":
      return "Too many pages of this peer are open. Close one: this page asks again by itself.";
    case "lost":
      return heard === undefined
        ? "The peer does not answer. This page asks again by itself; if nothing comes, look whether it runs with hearsay status."
        : `The peer does not answer: it was heard ${heard}. It was killed, or this machine was asleep. What is below is old. This page asks again by itself; a peer that was started again has another address: hearsay open.`;
    default:
      return undefined;
  }
}
