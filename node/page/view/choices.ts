/** What did I tell it to do? Pauses and whom it asks first, where the owner has set any of it. */
import { h, type JSX } from "preact";
import type { PageNow } from "../../observe/messages.ts";
import { HELP } from "../words.ts";
import { section } from "./parts.ts";

export function Choices({ texts }: { texts: PageNow["words"]["choices"] }): JSX.Element {
  return section(
    { id: "choices", title: "What did I tell it to do?", about: HELP.choices },
    ...texts.map((text) => h("p", null, text)),
  );
}
