/** Where the page of the demo begins. */
import { h, render } from "preact";
import type { DemoNow } from "../observe/demo-messages.ts";
import { follow, takeKey } from "./connection.ts";
import type { Connection } from "./state.ts";
import { Demo } from "./view/demo.ts";

interface State {
  readonly connection: Connection;
  readonly now?: DemoNow;
}

const WORDS: Readonly<Record<Connection, string>> = {
  connecting: "connecting",
  live: "live",
  lost: "no answer: the demo was stopped",
  ended: "the demo has ended",
  "no-key": "locked: open the whole address that the demo printed",
  "wrong-key": "locked: open the address that this demo printed",
  full: "too many pages are open",
};

function Page({ connection, now }: State) {
  return h(
    "div",
    { class: `page ${connection === "ended" ? "" : connection}` },
    h(
      "header",
      null,
      h("h1", null, now?.title ?? "Hearsay demo"),
      h("p", { class: `badge ${connection}`, role: "status" }, WORDS[connection]),
    ),
    h(
      "main",
      null,
      now === undefined
        ? h("p", { class: "loading" }, connection === "connecting" ? "Asking the demo …" : "")
        : h(Demo, { now }),
    ),
  );
}

const place = document.getElementById("page");
if (place !== null) {
  let state: State = { connection: "connecting" };
  const show = (next: State) => {
    state = next;
    render(h(Page, state), place);
  };
  show(state);
  void follow(takeKey(), {
    hear: (name, data) =>
      show(
        name === "now"
          ? { connection: "live", now: data as DemoNow }
          : { ...state, connection: name === "ended" ? "ended" : "live" },
      ),
    become: (connection) => show({ ...state, connection }),
  });
}
