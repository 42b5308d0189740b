/** Which model answers? Only of a task with release keys: elsewhere it is the peer's own. */
import { h, type JSX } from "preact";
import { counted } from "../../../protocol/base/counted.ts";
import { visible } from "../../../protocol/base/visible.ts";
import type { ReleaseStatus } from "../../../protocol/peer/release/status.ts";
import { OBSTACLES } from "../../../protocol/release/obstacles.ts";
import type { PageNow } from "../../observe/messages.ts";
import { formatNumber } from "../format.ts";
import { HELP } from "../words.ts";
import { empty, figure, figures, section, table } from "./parts.ts";

const COLUMNS = ["gate", "of release", "here", "peers say yes", "peers say no"];
const SHOWN_OF_ID = 12;

export function Release({ now }: { now: PageNow }): JSX.Element | undefined {
  const { release } = now.status;
  if (release === undefined) return undefined;
  const gates = release.releases.flatMap(({ name, gates }) => gates.map((gate) => [name, gate] as const));
  const rows = gates.map(([name, { expression, mine, yes, no }]) => [
    h("code", null, visible(expression)),
    name,
    mine === null ? "not looked at" : mine ? "holds" : h("strong", null, "does not hold"),
    ...[formatNumber(yes), formatNumber(no)],
  ]);
  return section(
    { id: "release", title: "Which model answers?", about: HELP.release },
    figures(answering(release), ordered(release)),
    release.obstacle !== null &&
      h("p", { class: "verdict bad" }, `The ordered one waits: ${OBSTACLES[release.obstacle]}.`),
    rows.length === 0 ? empty("No release has a gate.") : table("Gates", COLUMNS, rows),
  );
}

function answering({ serving, releases }: ReleaseStatus): JSX.Element {
  const age = releases.find(({ id }) => id === serving?.id)?.age;
  const steps = age === undefined ? "" : `${formatNumber(age)} steps; `;
  return figure({
    label: "release that answers",
    value: serving?.name ?? "none yet",
    note: serving === null ? "hearsay predict gives no answer here" : `${steps}id ${serving.id.slice(0, SHOWN_OF_ID)}`,
    about: HELP.serves,
  });
}

function ordered({ order, releases, proposals, threshold }: ReleaseStatus): JSX.Element {
  const target = releases.find(({ id }) => id === order?.target)?.name ?? order?.target.slice(0, SHOWN_OF_ID);
  const waiting = proposals.length === 0 ? "" : `; waiting for ${counted(threshold, "key")}: ${proposals.length} more`;
  return figure({
    label: "ordered",
    value: order === null ? "nothing yet" : `${target} for ${order.ring}`,
    note: order === null ? waiting.slice(2) : `order ${order.serial}, signed by ${order.signers.length}${waiting}`,
    about: HELP.order,
  });
}
