/** Vectors of a link (protocol/README.md, Links): the frames of both ends, in their order, and what they say. */
import { encodeDelta } from "../../../node/net/link-delta.ts";
import { encodeName, headOf, STATUS } from "../../../node/net/link-messages.ts";
import { encodeChanges } from "../../../node/net/link-numbers.ts";
import { concatBytes, toHex, utf8 } from "../../../protocol/base/bytes.ts";
import { encodeAnnouncement } from "../../../protocol/wire/announcement.ts";
import * as wire from "../../../protocol/wire/messages.ts";
import { varintOf } from "../../../protocol/wire/numbers.ts";
import { ANNOUNCEMENT, draft } from "./messages.ts";
import { filled, TASK_ID, WRITER } from "./people.ts";

const TAG = toHex(TASK_ID.subarray(0, 16));
const NEXT = encodeAnnouncement(draft({ seq: 5, age: 20, entry: filled(0x34), model: filled(0x35) }), WRITER);
const BRIEFS = [
  [5, 300, 29_833_334, 0, 6, 1],
  [8, 320, 29_833_335, 0, 6, 1],
];
const AGENT = "hearsay/0.1.0";

export function linkVectors(): object {
  const hello = wire.encodeHelloRequest({ task: TASK_ID, agent: AGENT });
  const answer = wire.encodeHelloAnswer({ task: TASK_ID, agent: AGENT });
  const [first, second] = BRIEFS as [number[], number[]];
  return {
    about: "`frame` is what is on the stream, its length included",
    asker: [
      { what: "name", frame: framed(encodeName(0, wire.HELLO_PROTOCOL)), service: 0, name: wire.HELLO_PROTOCOL },
      { what: "request", frame: framed(headOf(1, 0), hello), number: 1, service: 0, body: toHex(hello) },
      {
        what: "name",
        frame: framed(encodeName(1, `/hearsay/${TAG}/announce/2`)),
        service: 1,
        name: `/hearsay/${TAG}/announce/2`,
      },
      {
        what: "announcement",
        frame: told(1, encodeDelta(new Uint8Array(0), ANNOUNCEMENT)),
        service: 1,
        body: toHex(ANNOUNCEMENT),
      },
      { what: "announcement", frame: told(1, encodeDelta(ANNOUNCEMENT, NEXT)), service: 1, body: toHex(NEXT) },
      {
        what: "name",
        frame: framed(encodeName(2, `/hearsay/${TAG}/brief/2`)),
        service: 2,
        name: `/hearsay/${TAG}/brief/2`,
      },
      { what: "brief", frame: told(2, encodeChanges([], first)), service: 2, numbers: first },
      { what: "brief", frame: told(2, encodeChanges(first, second)), service: 2, numbers: second },
      { what: "request", frame: framed(headOf(300, 0), hello), number: 300, service: 0, body: toHex(hello) },
    ],
    answerer: [
      { frame: framed(headOf(1, STATUS.ok), answer), number: 1, status: 0, body: toHex(answer) },
      {
        frame: framed(headOf(300, STATUS.refused), utf8("ERR_RATE")),
        number: 300,
        status: 1,
        body: toHex(utf8("ERR_RATE")),
      },
    ],
  };
}

function told(service: number, body: Uint8Array): string {
  return framed(headOf(0, service), body);
}

function framed(...parts: readonly Uint8Array[]): string {
  const message = concatBytes(...parts);
  return toHex(concatBytes(Uint8Array.from(varintOf(message.length)), message));
}
