/** Where the page begins: the key out of the address, the stream, and a new picture for each state. */
import { h, render } from "preact";
import { follow, takeKey } from "./connection.ts";
import { after, NOTHING, type PageState } from "./state.ts";
import { App } from "./view/app.ts";

const CLOCK_MS = 1_000;

const place = document.getElementById("page");
if (place !== null) start(place);

function start(place: HTMLElement): void {
  let state: PageState = NOTHING;
  let isDue = false;
  const draw = () => {
    isDue = false;
    const name = state.now?.status.task.name;
    document.title = name === undefined ? "Hearsay" : `${name} – Hearsay`;
    render(h(App, { state, nowMs: Date.now() }), place);
  };
  const drawSoon = () => {
    if (!isDue) requestAnimationFrame(draw); // many events may come at once, and nobody looks at a page in the background
    isDue = true;
  };
  const show = (next: PageState) => {
    state = next;
    drawSoon();
  };
  show(NOTHING);
  setInterval(() => state.connection !== "live" && drawSoon(), CLOCK_MS);
  void follow(takeKey(), {
    hear: (name, data) => show(after(state, name, data, Date.now())),
    become: (connection) => show({ ...state, connection }),
  });
}
