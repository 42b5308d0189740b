/** Who moved my model? */
import { h, type JSX } from "preact";
import type { RememberedMerge } from "../../../protocol/peer/memory/history.ts";
import { type PeerTally, tally } from "../../../protocol/peer/memory/tally.ts";
import type { PageNow } from "../../observe/messages.ts";
import { agoText, shareText } from "../format.ts";
import { type Column, influenceStack, type Stack } from "../series.ts";
import { HELP } from "../words.ts";
import { bar, empty, peerLabel, section, table } from "./parts.ts";

/** As many as the palette tells apart. */
const MOST_COLOURS = 6;
const MOST_COLUMNS = 64;
const COLUMNS = ["peer", "share of the model", "in merges", "influence when in", "distance", "clipped", "left out"];
const HEIGHT = 100;

export function Moved({ merges, now }: { merges: readonly RememberedMerge[]; now: PageNow }): JSX.Element {
  const about = { id: "moved", title: "Who moved my model?", about: HELP.moved };
  const last = merges.at(-1);
  if (last === undefined)
    return section(
      about,
      empty("No merge yet: the model is this peer's own. It merges when enough models of others are at hand."),
    );
  const { own, peers } = tally(merges);
  const stack = influenceStack(merges, MOST_COLOURS, MOST_COLUMNS);
  const colourOf = (peer: string) => {
    const place = stack.peers.indexOf(peer);
    return place < 0 ? "others" : `p${place}`;
  };
  const rows = [
    ["this peer", shareCell(own, "own"), String(merges.length), "", "", "", ""],
    ...peers.map((one) => rowOf(one, colourOf(one.peer), now.names)),
  ];
  return section(
    about,
    h(
      "p",
      null,
      `${merges.length} ${merges.length === 1 ? "merge, cycle" : "merges, cycles"} ${merges[0]?.cycle} to ${last.cycle}; the last one ${agoText(now.atMs - last.tsMs)}, by the rule ${last.rule}.`,
    ),
    picture(stack, own),
    legend(stack, now.names),
    table("Who moved the model", COLUMNS, rows),
    h(
      "p",
      { class: "note" },
      "share: part of the model, newer merges counting more. distance: from the own model, 1 is the usual one. left out: as a lie, or as what cannot be a model.",
    ),
  );
}

function rowOf(
  { peer, share, merges, influence, distance, statuses, lastRemovedBy }: PeerTally,
  colour: string,
  names: PageNow["names"],
) {
  const out = statuses.removed + statuses.invalid;
  const by = lastRemovedBy === undefined ? "" : ` by ${lastRemovedBy}`;
  return [
    peerLabel(peer, names),
    shareCell(share, colour),
    String(merges),
    shareText(influence),
    distance === undefined ? "–" : distance.toFixed(2),
    statuses.clipped === 0 ? "–" : shareText(statuses.clipped),
    out === 0 ? "–" : `${shareText(out)}${by}`,
  ];
}

function shareCell(share: number, colour: string): JSX.Element {
  return h("span", { class: "share" }, h("span", null, shareText(share)), bar(share, colour));
}

/** A column for each run of merges, from the own share at the foot up. */
function picture({ columns, peers }: Stack, own: number): JSX.Element {
  const label = `Shares of the model over the last merges: ${shareText(own)} is this peer's own, ${peers.length} others are told apart; the table below has the numbers`;
  return h(
    "svg",
    {
      class: "stack",
      viewBox: `0 0 ${columns.length} ${HEIGHT}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": label,
    },
    ...columns.map((column, x) => h("g", { key: column.fromCycle, transform: `translate(${x} 0)` }, ...parts(column))),
  );
}

function parts({ shares, others }: Column): JSX.Element[] {
  const rest = Math.max(0, 1 - others - shares.reduce((sum, share) => sum + share, 0));
  const named: [string, number][] = [
    ["own", rest],
    ...shares.map((share, i): [string, number] => [`p${i}`, share]),
    ["others", others],
  ];
  let foot = HEIGHT;
  return named.flatMap(([colour, share]) => {
    const height = HEIGHT * share;
    foot -= height;
    return height <= 0 ? [] : [h("rect", { class: `fill ${colour}`, y: foot, width: 0.92, height })];
  });
}

function legend({ peers }: Stack, names: PageNow["names"]): JSX.Element {
  const shown: [string, JSX.Element | string][] = [
    ["own", "this peer"],
    ...peers.map((peer, i): [string, JSX.Element] => [`p${i}`, peerLabel(peer, names)]),
    ["others", "all others"],
  ];
  return h(
    "ul",
    { class: "legend" },
    ...shown.map(([colour, name]) => h("li", null, h("i", { class: `key ${colour}` }), name)),
  );
}
