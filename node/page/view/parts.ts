/** What sections are made of. Everything is made as nodes and text: no string becomes HTML. */
import { type ComponentChildren, h, type JSX } from "preact";
import { visible } from "../../../protocol/base/visible.ts";
import { peerName } from "../format.ts";

/** A sentence that opens by mouse or keyboard. */
export function help(about: string, sentence: string): JSX.Element {
  return h(
    "details",
    { class: "help" },
    h("summary", { "aria-label": `What is this: ${about}`, title: sentence }, "?"),
    h("p", null, sentence),
  );
}

/** A peer by the end of its id, and beside it what its owner calls it, which nobody has checked. */
export function peerLabel(peer: string, names: Readonly<Record<string, string>>): JSX.Element {
  const id = h("code", { title: peer }, peerName(peer));
  const name = Object.hasOwn(names, peer) ? names[peer] : undefined;
  return name === undefined ? id : h("span", null, id, " ", h("bdi", { class: "called" }, visible(name)));
}

export interface SectionProps {
  readonly id: string;
  readonly title: string;
  readonly about: string;
}

export function section({ id, title, about }: SectionProps, ...children: ComponentChildren[]): JSX.Element {
  return h(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    h("div", { class: "head" }, h("h2", { id: `${id}-title` }, title), help(title, about)),
    ...children,
  );
}

export interface FigureProps {
  readonly label: string;
  readonly value: string;
  readonly note?: string | undefined;
  readonly about: string;
  /** Class of the colour that its curve has. */
  readonly colour?: string;
}

export function figure({ label, value, note, about, colour }: FigureProps): JSX.Element {
  return h(
    "div",
    { class: "figure" },
    h("div", { class: "label" }, colour && h("i", { class: `key ${colour}` }), label),
    h("div", { class: "value" }, value),
    note && h("div", { class: "note" }, note),
    help(label, about),
  );
}

export function figures(...list: (JSX.Element | false | null | undefined)[]): JSX.Element {
  return h("div", { class: "figures" }, ...list);
}

/** What stands where there is nothing to show. */
export function empty(text: string): JSX.Element {
  return h("p", { class: "empty" }, text);
}

/** Cells are text or nodes; the first names the row. */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly ComponentChildren[])[],
  classes: readonly string[] = [],
): JSX.Element {
  return h(
    "div",
    { class: "scroll", tabIndex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      null,
      h("caption", { class: "unseen" }, caption),
      h("thead", null, h("tr", null, ...columns.map((column) => h("th", { scope: "col" }, column)))),
      h(
        "tbody",
        null,
        ...rows.map(([name, ...cells], i) =>
          h(
            "tr",
            { class: classes[i] ?? "" },
            h("th", { scope: "row" }, name),
            ...cells.map((cell) => h("td", null, cell)),
          ),
        ),
      ),
    ),
  );
}

/** A share of something, as a bar; the number stands beside it. */
export function bar(share: number, colour: string): JSX.Element {
  const width = Math.round(100 * Math.min(1, Math.max(0, share)));
  return h(
    "svg",
    { class: "bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    h("rect", { class: "ground", width: 100, height: 10 }),
    h("rect", { class: `fill ${colour}`, width, height: 10 }),
  );
}
