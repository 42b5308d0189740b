/** The demo: who pulls from whom, the three curves, the figures. No hook and no size of a window: it is drawn in a browser, and into a file. */
import { h, type JSX } from "preact";
import type { DemoCurve, DemoEdge, DemoNow, DemoPeer } from "../../observe/demo-messages.ts";
import { formatBytes, formatNumber, shareText } from "../format.ts";
import { arcPath, circlePlaces, type Frame, frameX, frameY, linePath } from "../plot.ts";
import { empty, figure, figures, section, table } from "./parts.ts";

const ABOUT = {
  graph:
    "Each circle is a peer, a process of its own with rows of its own; a line goes from a peer to another one that pulled and merged its model, the stronger the more of that other model it made.",
  curves:
    "Accuracy of the honest peers on rows that nobody trained on: with the robust rule, with a plain mean under the same attack, and with every peer alone.",
  peers: "What each peer had done when it was heard last, on the common hold-out.",
} as const;

const CLASSES = ["s0", "s1", "s2"] as const;
const DASHES = [undefined, "7 4", "2 4"] as const;

export function Demo({ now }: { now: DemoNow }): JSX.Element {
  return h(
    "div",
    null,
    h("p", { class: "verdict open" }, now.note),
    now.outcomes !== null && outcomes(now),
    h("div", { class: "sides" }, graphSection(now), curveSection(now)),
    peersSection(now),
    now.remarks.length > 0 && h("ul", { class: "note" }, ...now.remarks.map((remark) => h("li", null, remark))),
  );
}

function outcomes({ outcomes: list }: DemoNow): JSX.Element {
  const about = "Mean over the honest peers on the common hold-out, and the worst of them.";
  return figures(
    ...(list ?? []).map(({ name, meanAccuracy, minAccuracy }, i) =>
      figure({
        label: name,
        value: shareText(meanAccuracy),
        note: `worst peer ${shareText(minAccuracy)}`,
        about,
        colour: CLASSES[i] ?? "s0",
      }),
    ),
  );
}

const RADIUS = 150;
const ROOM = 52;
/** From a peer outwards to the words about it. */
const OUTWARDS = 1.24;
const NODE = 17;

function graphSection({ peers, edges }: DemoNow): JSX.Element {
  const about = { id: "graph", title: "Who pulls from whom", about: ABOUT.graph };
  if (peers.length === 0) return section(about, empty("No peer has started yet."));
  const places = circlePlaces(peers.length, RADIUS);
  const size = RADIUS + ROOM;
  const most = Math.max(1e-9, ...edges.map(({ influence }) => influence));
  const label = `${peers.length} peers, ${edges.length} pairs of which one merged the other's model; the table below has the numbers`;
  const lines = edges.flatMap((edge) => line(edge, places, most));
  return section(
    about,
    h(
      "svg",
      { class: "graph", viewBox: `${-size} ${-size} ${2 * size} ${2 * size}`, role: "img", "aria-label": label },
      ...lines,
      ...peers.map((peer, i) => node(peer, places[i] ?? { x: 0, y: 0 })),
    ),
    h("details", { class: "more" }, h("summary", null, "In numbers"), matrix(peers, edges)),
  );
}

function line({ from, to, influence }: DemoEdge, places: ReturnType<typeof circlePlaces>, most: number): JSX.Element[] {
  const [a, b] = [places[from], places[to]];
  if (a === undefined || b === undefined || influence <= 0) return [];
  const strength = influence / most;
  return [
    h("path", {
      class: "edge",
      d: arcPath(a, b),
      "stroke-width": 0.6 + 4 * strength,
      "stroke-opacity": 0.2 + 0.6 * strength,
    }),
  ];
}

function node({ name, accuracy, isLiar }: DemoPeer, { x, y }: { x: number; y: number }): JSX.Element {
  const shape = isLiar
    ? h("rect", { class: "node liar", x: x - NODE, y: y - NODE, width: 2 * NODE, height: 2 * NODE, rx: 3 })
    : h("circle", { class: "node", cx: x, cy: y, r: NODE });
  const words = isLiar ? "liar" : accuracy === null ? "starts" : shareText(accuracy);
  return h(
    "g",
    null,
    shape,
    h("text", { class: "name", x, y: y + 5 }, name),
    h("text", { class: "below", x: OUTWARDS * x, y: OUTWARDS * y + 5 }, words),
  );
}

function matrix(peers: readonly DemoPeer[], edges: readonly DemoEdge[]): JSX.Element {
  const share = (to: number, from: number) =>
    edges.find((edge) => edge.to === to && edge.from === from)?.influence ?? 0;
  const rows = peers.map(({ name }, to) => [
    `into ${name}`,
    ...peers.map((_, from) => (to === from ? "" : shareText(share(to, from)))),
  ]);
  return table(
    "Shares of each peer's model that others made",
    ["", ...peers.map(({ name }) => `of ${name}`)].with(0, "peer"),
    rows,
  );
}

const FRAME = { width: 440, height: 260 };
const MARGIN = { left: 52, bottom: 34, top: 10, right: 26 };
const STEP = 0.2;

function curveSection({ curves, seconds }: DemoNow): JSX.Element {
  const about = { id: "curves", title: "Accuracy over time", about: ABOUT.curves };
  const drawn = curves.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return section(about, empty("The first figures come in a second."));
  const frame: Frame = { ...FRAME, mostX: seconds, leastY: 0, mostY: 1 };
  const label = drawn.map(({ name, points }) => `${name} ${shareText(points.at(-1)?.[1])}`).join(", ");
  const box = `${-MARGIN.left} ${-MARGIN.top} ${FRAME.width + MARGIN.left + MARGIN.right} ${FRAME.height + MARGIN.top + MARGIN.bottom}`;
  return section(
    about,
    h(
      "svg",
      { class: "curves", viewBox: box, role: "img", "aria-label": `Mean accuracy of the honest peers: ${label}` },
      ...grid(frame),
      ...curves.map((curve, i) => curveLine(curve, i, frame)),
    ),
    h(
      "ul",
      { class: "legend" },
      ...curves.map((curve, i) =>
        h(
          "li",
          null,
          h("i", { class: `key ${CLASSES[i]}` }),
          `${curve.name} `,
          h("b", null, shareText(curve.points.at(-1)?.[1])),
        ),
      ),
    ),
  );
}

function grid(frame: Frame): JSX.Element[] {
  const levels = Array.from({ length: 6 }, (_, i) => i * STEP);
  const times = [0, 0.25, 0.5, 0.75, 1].map((share) => share * frame.mostX);
  return [
    ...levels.map((level) =>
      h(
        "g",
        { class: "tick" },
        h("path", { d: `M0 ${frameY(level, frame)}H${frame.width}` }),
        h("text", { class: "left", x: -8, y: frameY(level, frame) + 4 }, `${Math.round(100 * level)} %`),
      ),
    ),
    ...times.map((at) =>
      h(
        "g",
        { class: "tick" },
        h("text", { class: "below", x: frameX(at, frame), y: frame.height + 20 }, `${formatNumber(at, 3)} s`),
      ),
    ),
  ];
}

function curveLine({ points }: DemoCurve, i: number, frame: Frame): JSX.Element {
  const dash = DASHES[i];
  return h("path", {
    class: `curve ${CLASSES[i]}`,
    d: linePath(points, frame),
    ...(dash !== undefined && { "stroke-dasharray": dash }),
  });
}

function peersSection({ peers }: DemoNow): JSX.Element {
  const rows = peers.map(({ name, accuracy, age, neighbours, bytesIn, bytesOut, merged, isLiar }) => [
    ...[
      name,
      isLiar === null ? "not told yet" : isLiar ? h("strong", null, "liar") : "honest",
      shareText(accuracy ?? undefined),
    ],
    ...[formatNumber(age), String(neighbours), formatBytes(bytesIn), formatBytes(bytesOut), formatNumber(merged)],
  ]);
  const columns = ["peer", "is", "accuracy", "age in steps", "neighbours", "in", "out", "models merged"];
  return section(
    { id: "peers", title: "The peers", about: ABOUT.peers },
    rows.length === 0 ? empty("None yet.") : table("Each peer, as it was heard last", columns, rows),
  );
}
