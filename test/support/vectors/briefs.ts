/** Vectors of a model of which its author tells by a brief (protocol/README.md, Briefs): what is told on a link, the request, and answers from which the signed announcement follows. */
import { nodeCrypto } from "../../../node/crypto.ts";
import { encodeChanges } from "../../../node/net/link-numbers.ts";
import { joined, toHex, utf8 } from "../../../protocol/base/bytes.ts";
import { createEntry } from "../../../protocol/log/entry/entry.ts";
import { checkpointSignature } from "../../../protocol/log/tree/checkpoint.ts";
import { grow, growthProof } from "../../../protocol/log/tree/growth.ts";
import { append, type Frontier, leafHash, rootOf } from "../../../protocol/log/tree/merkle.ts";
import { decodeAnnouncement, encodeAnnouncement, NO_NOTE } from "../../../protocol/wire/announcement.ts";
import { briefOf } from "../../../protocol/wire/brief.ts";
import { SIGNATURE_BYTES } from "../../../protocol/wire/envelope.ts";
import { encodeModelAnswer, encodeModelRequest } from "../../../protocol/wire/model-messages.ts";
import { LOG_ID } from "./messages.ts";
import { filled, MINUTE, TASK_ID, WRITER } from "./people.ts";

const [OLD, SEQ] = [3, 5];
const BODY = utf8("a body");
const MADE = { mechanism: "none", shared: Uint8Array.of(15) };
const SAID = { age: 300, bytes: BODY.length, mass: 1, tsMs: MINUTE };
const PROOF = { prev: filled(0x46), trained: filled(0x47) };

export async function briefVectors(): Promise<object> {
  const { frontier, growth } = await logBefore();
  const model = nodeCrypto.sha256(BODY);
  const { age, bytes, mass, tsMs } = SAID;
  const body = { model, age, bytes, codec: "f32", ...MADE, mass, trained: PROOF.trained };
  const place = { logId: LOG_ID, seq: SEQ, prev: PROOF.prev, tsMs };
  const entry = createEntry({ ...place, type: "publish", body }, WRITER, nodeCrypto);
  const before = grow(frontier, OLD, SEQ, growth, nodeCrypto) as Frontier;
  const leaf = leafHash(entry.signed.subarray(SIGNATURE_BYTES), nodeCrypto);
  const root = rootOf(append(before, SEQ, leaf, nodeCrypto).frontier, nodeCrypto);
  const note = checkpointSignature({ logId: LOG_ID, size: SEQ + 1, root }, WRITER);
  const said = { ...SAID, task: TASK_ID, generation: 0, seq: SEQ, entry: entry.id, root, model };
  const [whole, short] = [note, NO_NOTE].map((one) => encodeAnnouncement({ ...said, note: one }, WRITER)) as [
    Uint8Array,
    Uint8Array,
  ];
  const numbers = briefOf(decodeAnnouncement(whole)) as readonly number[];
  const earlier = numbers.with(0, SEQ - 3).with(1, 320);
  const request = (wantsNote: boolean) => toHex(encodeModelRequest({ generation: 0, seq: SEQ, old: OLD, wantsNote }));
  const answer = (sealed: Uint8Array, more: object) => {
    const seal = sealed.subarray(0, SIGNATURE_BYTES);
    return toHex(joined(encodeModelAnswer({ seal, ...PROOF, growth, wanted: false, body: BODY, ...more })));
  };
  return {
    about: "the task's codec is f32, its models are made as `made` says; leaf i < 5 of the log is SHA-256(00 | byte i)",
    author: toHex(WRITER.publicKey),
    made: { mechanism: MADE.mechanism, shared: toHex(MADE.shared), codec: "f32" },
    numbers,
    changes: [
      { before: [0, 0, 0, 0, 0, 0], hex: toHex(encodeChanges([], numbers)) },
      { before: earlier, hex: toHex(encodeChanges(earlier, numbers)) },
    ],
    old: OLD,
    frontier: frontier.map(toHex),
    exchanges: [
      { request: request(false), answer: answer(short, {}), announcement: toHex(short) },
      { request: request(true), answer: answer(whole, { note, wanted: true }), announcement: toHex(whole) },
      { request: request(false), answer: answer(short, { made: MADE }), announcement: toHex(short) },
    ],
  };
}

/** The frontier of the first entries, and the growth from there to the publication. */
async function logBefore(): Promise<{ readonly frontier: Frontier; readonly growth: readonly Uint8Array[] }> {
  const frontiers: Frontier[] = [[]];
  const nodes = new Map<string, Uint8Array>();
  for (let i = 0; i < SEQ; i++) {
    const leaf = leafHash(Uint8Array.of(i), nodeCrypto);
    const { frontier, completed } = append(frontiers[i] as Frontier, i, leaf, nodeCrypto);
    frontiers.push(frontier);
    for (const { level, index, hash } of completed) nodes.set(`${level}/${index}`, hash);
  }
  const nodeAt = async (level: number, index: number) => nodes.get(`${level}/${index}`) as Uint8Array;
  return { frontier: frontiers[OLD] as Frontier, growth: await growthProof(OLD, SEQ, nodeAt) };
}
