/** Vectors of everything that goes over the wire: each message in hexadecimal, with its fields as [name, type, value]; bytes are hexadecimal. */
import { nodeCrypto } from "../../../node/crypto.ts";
import { toHex, utf8 } from "../../../protocol/base/bytes.ts";
import { createEntry, type Entry, logIdOf } from "../../../protocol/log/entry/entry.ts";
import {
  checkpointFrom,
  checkpointSignature,
  cosign,
  formatCheckpoint,
} from "../../../protocol/log/tree/checkpoint.ts";
import { type AnnouncementDraft, encodeAnnouncement } from "../../../protocol/wire/announcement.ts";
import * as log from "../../../protocol/wire/log-messages.ts";
import * as wire from "../../../protocol/wire/messages.ts";
import { encodePullAnswer, encodePullRequest } from "../../../protocol/wire/pull-messages.ts";
import { AS_TRAINED } from "../publications.ts";
import { CODEC, filled, MINUTE, READER, TASK_ID, WITNESS, WRITER } from "./people.ts";

type Field = readonly [name: string, type: string, value: unknown];

export const LOG_ID: Uint8Array = logIdOf(WRITER.publicKey, TASK_ID, nodeCrypto);
const MODEL = nodeCrypto.sha256(utf8("a body"));

/** The publish entry that the announcement is about; it says nothing of the log before it. */
export const PUBLISHED: Entry = createEntry(
  {
    logId: LOG_ID,
    seq: 2,
    prev: filled(0x22),
    tsMs: MINUTE,
    type: "publish",
    body: { model: MODEL, age: 10, bytes: CODEC.maxBytes, codec: "f32", ...AS_TRAINED },
  },
  WRITER,
  nodeCrypto,
);

/** Of the third entry of the writer's log. */
export function draft(changes: Partial<AnnouncementDraft> = {}): AnnouncementDraft {
  const root = filled(0x33);
  const note = checkpointSignature({ logId: LOG_ID, size: 3, root }, WRITER);
  const entry = PUBLISHED.id;
  return {
    task: TASK_ID,
    generation: 0,
    seq: 2,
    entry,
    root,
    note,
    model: MODEL,
    bytes: CODEC.maxBytes,
    age: 10,
    tsMs: MINUTE,
    ...changes,
  };
}

export const ANNOUNCEMENT: Uint8Array = encodeAnnouncement(draft(), WRITER);

function vector(name: string, direction: string, bytes: Uint8Array, fields: readonly Field[]) {
  return { name, direction, hex: toHex(bytes), fields: [["version", "uint", 2] as Field, ...fields] };
}

export function announcementVector(): object {
  const { entry, root, note, model, ...said } = draft();
  const fields: Field[] = [
    ["version", "uint", 2],
    ["task", "bytes", toHex(TASK_ID)],
    ["author key", "bytes", toHex(WRITER.publicKey)],
    ["generation", "uint", said.generation],
    ["seq", "uint", said.seq],
    ["entry", "bytes", toHex(entry)],
    ["root", "bytes", toHex(root)],
    ["note", "bytes", toHex(note)],
    ["model", "bytes", toHex(model)],
    ["bytes", "uint", said.bytes],
    ["age", "uint", said.age],
    ["tsMs", "uint", said.tsMs],
    ["mass", "uint", 1],
  ];
  return { hex: toHex(ANNOUNCEMENT), author: WRITER.peerId, fields };
}

export function messageVectors(): object[] {
  return [...helloVectors(), ...blobVectors(), ...pullVectors(), ...logVectors()];
}

function helloVectors() {
  const agent = "hearsay/0.1.0";
  const hello: Field[] = [
    ["task", "bytes", toHex(TASK_ID)],
    ["agent", "text", agent],
  ];
  const answer = wire.encodeHelloAnswer({ task: TASK_ID, agent, announcement: ANNOUNCEMENT });
  return [
    vector("hello", "request", wire.encodeHelloRequest({ task: TASK_ID, agent }), hello),
    vector("hello", "request for news", wire.encodeHelloRequest({ task: TASK_ID, agent, newsOnly: true }), [
      ...hello,
      ["only the news", "bool", true],
    ]),
    vector("hello", "answer", answer, [
      ...hello,
      ["announcement", "bytes", toHex(ANNOUNCEMENT)],
      ["yours", "null", null],
    ]),
    vector("hello", "answer of who serves pulls", wire.encodeHelloAnswer({ task: TASK_ID, agent, servesPulls: true }), [
      ...hello,
      ["announcement", "null", null],
      ["yours", "null", null],
      ["serves pulls", "bool", true],
    ]),
    vector(
      "hello",
      "answer of who pays for bytes",
      wire.encodeHelloAnswer({ task: TASK_ID, agent, newsEveryS: 2700 }),
      [
        ...hello,
        ["announcement", "null", null],
        ["yours", "null", null],
        ["serves pulls", "bool", false],
        ["name", "null", null],
        ["news every s", "uint", 2700],
      ],
    ),
    vector(
      "hello",
      "answer of who hears briefs",
      wire.encodeHelloAnswer({
        ...{ task: TASK_ID, agent, servesPulls: true, hearsBriefs: true },
        heard: { generation: 0, seq: 5 },
      }),
      [
        ...hello,
        ["announcement", "null", null],
        ["yours", "null", null],
        ["serves pulls", "bool", true],
        ["name", "null", null],
        ["news every s", "null", null],
        ["hears briefs", "bool", true],
        ["heard", "list", [0, 5]],
      ],
    ),
  ];
}

function pullVectors() {
  const growth = [filled(0x44), filled(0x45)];
  const proof = { prev: filled(0x46), trained: filled(0x47), mechanism: "none", shared: Uint8Array.of(15), growth };
  return [
    vector("pull", "request", encodePullRequest({ generation: 0, seq: 6, old: 3 }), [
      ["generation", "uint", 0],
      ["seq", "uint", 6],
      ["old", "uint", 3],
    ]),
    vector("pull", "answer", encodePullAnswer({ ...proof, wanted: false, total: 6, chunk: utf8("a body") }), [
      ["prev", "bytes", toHex(proof.prev)],
      ["trained", "bytes", toHex(proof.trained)],
      ["mechanism", "text", "none"],
      ["shared", "bytes", "0f"],
      ["growth", "bytes", growth.map(toHex).join("")],
      ["wanted", "bool", false],
      ["total", "uint", 6],
      ["chunk", "bytes", toHex(utf8("a body"))],
    ]),
  ];
}

function blobVectors() {
  const peers = [{ peer: READER.peerId, addresses: ["/ip4/192.0.2.7/tcp/4001"] }];
  return [
    vector("blob", "request", wire.encodeBlobRequest({ hash: MODEL, offset: 0, maxBytes: 262_144 }), [
      ["hash", "bytes", toHex(MODEL)],
      ["offset", "uint", 0],
      ["maxBytes", "uint", 262_144],
    ]),
    vector("blob", "answer", wire.encodeBlobAnswer({ total: 6, chunk: utf8("a body") }), [
      ["total", "uint", 6],
      ["chunk", "bytes", toHex(utf8("a body"))],
    ]),
    vector("peers", "request", wire.encodePeersRequest(32), [["limit", "uint", 32]]),
    vector("peers", "answer", wire.encodePeersAnswer(peers), [
      ["peers", "list", peers.map(({ peer, addresses }) => [peer, addresses])],
    ]),
  ];
}

function logVectors() {
  const logId = LOG_ID;
  const about = (what: string): Field[] => [
    ["what", "text", what],
    [what === "generations" ? "task" : "logId", "bytes", toHex(what === "generations" ? TASK_ID : LOG_ID)],
  ];
  const own = checkpointFrom({ logId, size: 3, root: filled(0x33) }, WRITER.publicKey, draft().note, nodeCrypto);
  const [note, line] = [formatCheckpoint(own), cosign(own, WITNESS, MINUTE / 1000, nodeCrypto)];
  const [inclusion, consistency] = [[filled(0x41), filled(0x42)], [filled(0x43)]];
  const held = nodeCrypto.sha256(utf8(""));
  const request = (asked: log.LogRequest, ...fields: Field[]) =>
    vector(`log/${asked.what}`, "request", log.encodeLogRequest(asked), [...about(asked.what), ...fields]);
  const answer = (what: string, bytes: Uint8Array, ...fields: Field[]) =>
    vector(`log/${what}`, "answer", bytes, fields);
  const [seq, old, size]: Field[] = [
    ["seq", "uint", 2],
    ["old", "uint", 1],
    ["size", "uint", 3],
  ] as [Field, Field, Field];
  const signed = toHex(PUBLISHED.signed);
  return [
    request({ what: "prove", logId, seq: 2, old: 1 }, seq as Field, old as Field),
    answer(
      "prove",
      log.encodeProveAnswer({ entry: PUBLISHED.signed, inclusion, consistency, wanted: true }),
      ["signed entry", "bytes", signed],
      ["inclusion", "list", inclusion.map(toHex)],
      ["consistency", "list", consistency.map(toHex)],
      ["wanted", "bool", true],
    ),
    request({ what: "cosign", logId, size: 3, line }, size as Field, ["line", "text", line]),
    answer("cosign", log.encodeCosignAnswer()),
    request({ what: "checkpoint", logId }),
    answer("checkpoint", log.encodeCheckpointAnswer({ note }), ["note", "text", note], ["cosigned", "null", null]),
    request({ what: "entries", logId, from: 2, limit: 8 }, ["from", "uint", 2], ["limit", "uint", 8]),
    answer("entries", log.encodeEntriesAnswer({ size: 3, entries: [PUBLISHED.signed] }), size as Field, [
      "entries",
      "list",
      [signed],
    ]),
    request({ what: "evidence", logId, from: 0, held }, ["from", "uint", 0], ["held", "bytes", toHex(held)]),
    answer("evidence", log.encodeEvidenceAnswer([]), ["evidence", "list", []]),
    request({ what: "generations", task: TASK_ID }),
    answer("generations", log.encodeGenerationsAnswer([0, 1]), ["generations", "list", [0, 1]]),
  ];
}
