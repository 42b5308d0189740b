/**
 * Every decoder of foreign bytes or text, fed with noise, with random DAG-CBOR, with damaged copies of what it accepts, and with
 * inputs made to hurt: each gives a value or a coded error, at once, and allocates no more than the input could need.
 */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { decodeNpy } from "../../node/data/npy.ts";
import { nodeSecrecy } from "../../node/secrecy.ts";
import { concatBytes, equalBytes, floatsToBytes, joined, toHex, utf8 } from "../../protocol/base/bytes.ts";
import { createRng, type Rng } from "../../protocol/base/rng.ts";
import { numParams } from "../../protocol/base/task.ts";
import { CODECS } from "../../protocol/codec/registry.ts";
import { decodeSafetensors, encodeSafetensors, tensorValues } from "../../protocol/codec/safetensors.ts";
import { certificateFault, encodeCertificate, signResult } from "../../protocol/cohort/certificate.ts";
import { misdeedIn } from "../../protocol/cohort/evidence.ts";
import { makeOffer, readOffer } from "../../protocol/cohort/offers.ts";
import * as cohort from "../../protocol/cohort/statements.ts";
import { isOffer } from "../../protocol/cohort/statements.ts";
import { createEntry, decodeEntry, type Entry, logIdOf, readEntry } from "../../protocol/log/entry/entry.ts";
import { decodeEvidence, type Evidence, encodeEvidence, verifyEvidence } from "../../protocol/log/entry/evidence.ts";
import { NO_SUCCESSOR } from "../../protocol/log/entry/succession.ts";
import { formatHeader, formatLine, parseHeader, parseLine } from "../../protocol/log/export/jsonl.ts";
import { verifyExport } from "../../protocol/log/export/verify-export.ts";
import { verifyLog } from "../../protocol/log/verify/verify.ts";
import { validateBody } from "../../protocol/peer/inbound/validate.ts";
import {
  decodeReleaseAnswer,
  decodeReleaseRequest,
  encodeReleaseAnswer,
  encodeReleaseRequest,
} from "../../protocol/release/messages.ts";
import * as release from "../../protocol/release/statements.ts";
import { formatInvite, parseInvite } from "../../protocol/task/invite.ts";
import { decodeTask, encodeTask } from "../../protocol/task/manifest.ts";
import * as vertical from "../../protocol/vertical/messages.ts";
import { decodeModel, decodeSession, encodeModel, encodeSession } from "../../protocol/vertical/saved.ts";
import { decodeAnnouncement, encodeAnnouncement } from "../../protocol/wire/announcement.ts";
import { decodeCanonical, encodeCanonical } from "../../protocol/wire/canonical.ts";
import { openEnvelope } from "../../protocol/wire/envelope.ts";
import { publicKeyFromPeerId } from "../../protocol/wire/identity.ts";
import * as logMessages from "../../protocol/wire/log-messages.ts";
import * as messages from "../../protocol/wire/messages.ts";
import * as modelMessages from "../../protocol/wire/model-messages.ts";
import * as pullMessages from "../../protocol/wire/pull-messages.ts";
import { sampleDrafts } from "../protocol/log/support.ts";
import { blobTask } from "../support/blobs.ts";
import { AS_TRAINED } from "../support/publications.ts";
import { acceptsOrRefuses, mutate, randomBytes } from "./mutate.ts";

const MAX_MS = 2000;
/** Above the memory before and the input's own length. */
const MAX_EXTRA_BYTES = 64 * 2 ** 20;
const MIN_INPUTS = 100_000;

interface Target {
  readonly name: string;
  /** Inputs to try. */
  readonly runs: number;
  /** What it accepts, to be damaged. */
  readonly valid: readonly Uint8Array[];
  /** Decodes, and checks what was accepted. */
  decode(bytes: Uint8Array): unknown;
  /** Accepts any bytes: noise of the right length is no fault. */
  readonly lenient?: boolean;
}

const alice = identityFromSeed(new Uint8Array(32).fill(1));
const rng = createRng("corpus");
const hash = () => randomBytes(rng, 32);
const signature = () => randomBytes(rng, 64);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const TASK = blobTask();
const TASK_ID = nodeCrypto.sha256(encodeTask(TASK));
const codec = CODECS.get("f32")?.forLayout({ tensors: TASK.tensors, task: toHex(TASK_ID) });
assert.ok(codec);

const ENTRIES: readonly Entry[] = [
  { type: "genesis" as const, body: { task: TASK_ID, peer: alice.publicKey, agent: "hearsay/0.1.0" } },
  ...sampleDrafts(rng, 8),
].map((statement, seq) => createEntry({ logId: hash(), seq, prev: hash(), tsMs: 5, ...statement }, alice, nodeCrypto));

const ANNOUNCED = {
  ...{ task: TASK_ID, generation: 2, seq: 300, entry: hash(), root: hash(), note: randomBytes(rng, 64) },
  ...{ model: hash(), bytes: 70_000, age: 10, tsMs: 1_790_000_000_000 },
};
const ANNOUNCEMENT = encodeAnnouncement(ANNOUNCED, alice);
const PRIVATE_ANNOUNCEMENT = encodeAnnouncement(
  {
    ...ANNOUNCED,
    spent: [
      [2 ** 28, 1200, 40],
      [2 ** 29, 1200, 5],
    ],
  },
  alice,
);

/** A publish entry that says another thing than the announcement, both signed. */
const FORKED_ENTRY = createEntry(
  {
    logId: logIdOf(alice.publicKey, TASK_ID, nodeCrypto, 2),
    seq: 300,
    prev: hash(),
    tsMs: 5,
    type: "publish",
    body: { model: hash(), age: 1, bytes: 2, codec: "f32", ...AS_TRAINED },
  },
  alice,
  nodeCrypto,
);
const END_ENTRY = createEntry(
  {
    logId: logIdOf(alice.publicKey, TASK_ID, nodeCrypto, 2),
    seq: 301,
    prev: hash(),
    tsMs: 5,
    type: "end",
    body: NO_SUCCESSOR,
  },
  alice,
  nodeCrypto,
);
const LOG = { publicKey: alice.publicKey, task: TASK_ID, generation: 2 };
const EVIDENCE: readonly Evidence[] = [
  {
    ...LOG,
    kind: "fork",
    statements: [
      { what: "announcement", bytes: ANNOUNCEMENT },
      { what: "entry", bytes: FORKED_ENTRY.signed },
    ],
  },
  { ...LOG, kind: "end", statements: [{ what: "entry", bytes: END_ENTRY.signed }] },
];

const VERTICAL_OFFER: vertical.Offer = {
  ...{ holder: alice.publicKey, nonce: new Uint8Array(16), purpose: "ä", kind: "linear", parties: 3 },
  ...{ idColumn: "id", target: "y", ridge: 0.01, epochs: 100 },
};

const VALUES: readonly unknown[] = [
  { b: [1, -2, 1.5, "text", null, true], a: hash(), nested: { deep: [[[{}]]] } },
  [0, 23, 24, 255, 256, 65_536, 2 ** 32, -(2 ** 31), 2 ** 53 - 1],
  ["ä€", "", new Uint8Array(0), { "": 0, aa: 1, b: 2 }],
];

const SAFETENSORS: readonly Uint8Array[] = [
  encodeSafetensors([{ name: "x", shape: [2, 2], dtype: "F32", data: floatsToBytes(Float32Array.of(1, 2, 3, 4)) }], {
    a: "b",
  }),
  encodeSafetensors([
    { name: "i", shape: [3], dtype: "I64", data: new Uint8Array(24) },
    { name: 'quoted "name" \\', shape: [], dtype: "BOOL", data: Uint8Array.of(1) },
    { name: "empty", shape: [0, 5], dtype: "F64", data: new Uint8Array(0) },
  ]),
  codec.encode(new Float32Array(numParams(TASK)).fill(0.5)),
];

function npy(header: string, data: Uint8Array): Uint8Array {
  const padded = utf8(`${header.padEnd(117, " ")}\n`);
  return concatBytes(
    Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length % 256, padded.length >> 8),
    padded,
    data,
  );
}

const fieldsOf = (message: Uint8Array) => decodeCanonical(message, 2 ** 20) as unknown[];

/** A message decoder with what it accepts. */
interface Form<T> {
  readonly name: string;
  readonly decode: (bytes: Uint8Array) => T;
  readonly encode: (value: T) => Uint8Array;
  readonly values: readonly T[];
}

/** @param compare holds what was read against what that encodes to. */
function targetOf<T>(
  { name, decode, encode, values }: Form<T>,
  compare: (bytes: Uint8Array, again: Uint8Array) => void,
): Target {
  return { name, runs: 6000, valid: values.map(encode), decode: (bytes) => compare(bytes, encode(decode(bytes))) };
}

/** What it accepts must encode to the same fields again. More fields are of the future. */
function message<T>(name: string, decode: Form<T>["decode"], encode: Form<T>["encode"], values: readonly T[]): Target {
  return targetOf({ name, decode, encode, values }, (bytes, encoded) => {
    const again = fieldsOf(encoded);
    assert.deepEqual(fieldsOf(bytes).slice(0, again.length), again);
  });
}

/** A message that has one form, to the last byte. */
function packed<T>(name: string, decode: Form<T>["decode"], encode: Form<T>["encode"], values: readonly T[]): Target {
  return targetOf({ name, decode, encode, values }, (bytes, again) => assert.ok(equalBytes(again, bytes)));
}

/** Fields are looked at before signatures fail. */
const TRUSTING = { ...nodeCrypto, verify: () => true };
const OFFER = makeOffer({ identity: alice, secrecy: nodeSecrecy }, { task: TASK_ID, epoch: 300, link: hash() });
const STATEMENTS = [
  cohort.say("join", hash(), { offers: [OFFER.sealed] }, alice),
  cohort.say("joined", hash(), {}, alice),
  cohort.say("share", hash(), { roster: 7 }, alice),
  cohort.say("mask", hash(), { shares: [hash()] }, alice),
  cohort.say("shares", hash(), { roster: 7, commitment: hash(), boxes: [[1, hash()]] }, alice),
  cohort.say("masked", hash(), { hash: hash(), age: 300 }, alice),
  cohort.say("survive", hash(), { survivors: 5, masked: [hash()] }, alice),
  cohort.say("survivors", hash(), { survivors: 5 }, alice),
  cohort.say("unmask", hash(), { seeds: 7, keys: 8, survivors: [hash()] }, alice),
  cohort.say("unmasked", hash(), { seeds: [[0, hash()]], keys: [] }, alice),
  cohort.say("vouch", hash(), { model: hash(), age: 3, unmasked: [] }, alice),
  cohort.say("vouched", hash(), { signature: randomBytes(rng, 64) }, alice),
];
const RESULT = { task: TASK_ID, session: hash(), model: hash(), age: 3, survivors: 3 };
const CERTIFICATE = encodeCertificate(RESULT.session, 3, [
  { publicKey: alice.publicKey, signature: signResult(RESULT, alice) },
]);

const RELEASE_TAG = {
  ...{ name: "v7", model: hash(), bytes: 10_000, age: 300, tsMs: 60_000 },
  log: [alice.publicKey, 0, 300, hash(), randomBytes(rng, 64)] as const,
  figures: [["accuracy", 960_000]] as const,
};
const RELEASE_STATEMENTS = [
  release.say("tag", TASK_ID, RELEASE_TAG, alice),
  release.say("gate", TASK_ID, { release: hash(), expression: "accuracy > 0.9" }, alice),
  release.say("vote", TASK_ID, { gate: hash(), passes: true }, alice),
  release.say("order", TASK_ID, { serial: 300, target: hash(), permille: 100, base: hash() }, alice),
];

const TARGETS: readonly Target[] = [
  {
    name: "decodeCanonical",
    runs: 16_000,
    valid: VALUES.map(encodeCanonical),
    decode: (bytes) => assert.deepEqual(encodeCanonical(decodeCanonical(bytes, 2 ** 20)), bytes),
  },
  {
    name: "decodeAnnouncement",
    runs: 8000,
    valid: [ANNOUNCEMENT, PRIVATE_ANNOUNCEMENT],
    decode(bytes) {
      const { author, publicKey } = decodeAnnouncement(bytes);
      assert.ok(equalBytes(publicKeyFromPeerId(author) ?? bytes, publicKey));
    },
  },
  {
    name: "openEnvelope",
    runs: 6000,
    valid: [ANNOUNCEMENT],
    lenient: true,
    decode(bytes) {
      const key = bytes.length % 3 === 0 ? bytes.slice(0, 32) : alice.publicKey;
      const payload = openEnvelope("announcement", bytes, nodeCrypto, key);
      assert.ok(payload === undefined || equalBytes(bytes, ANNOUNCEMENT), "a damaged envelope does not open");
    },
  },
  {
    name: "cohort read",
    runs: 4000,
    valid: STATEMENTS,
    decode: (bytes) => assert.ok(equalBytes(cohort.read(bytes, TRUSTING).sealed, bytes)),
  },
  {
    name: "cohort readOffer",
    runs: 2000,
    valid: [OFFER.sealed],
    decode(bytes) {
      const isOne = isOffer(bytes); // never throws
      assert.ok(equalBytes(readOffer(bytes, TRUSTING).sealed, bytes) && isOne);
    },
  },
  {
    name: "cohort certificateFault",
    runs: 3000,
    valid: [CERTIFICATE],
    lenient: true,
    decode(bytes) {
      const fault = certificateFault(bytes, { ...RESULT, mass: 1, publicKey: alice.publicKey }, 1, nodeCrypto);
      assert.ok(fault !== undefined || equalBytes(bytes, CERTIFICATE), "a damaged certificate holds for nothing");
      assert.equal(misdeedIn([bytes, bytes], nodeCrypto), undefined);
    },
  },
  {
    name: "release read",
    runs: 4000,
    valid: RELEASE_STATEMENTS,
    decode: (bytes) => assert.ok(equalBytes(release.read(bytes, TASK_ID, TRUSTING).sealed, bytes)),
  },
  {
    name: "decodeReleaseRequest",
    runs: 2000,
    valid: [encodeReleaseRequest([{ id: hash() }, { id: hash() }])],
    lenient: true,
    decode: (bytes) => assert.ok(decodeReleaseRequest(bytes).size * 8 <= bytes.length),
  },
  message("decodeReleaseAnswer", decodeReleaseAnswer, (all) => encodeReleaseAnswer(all.map((sealed) => ({ sealed }))), [
    RELEASE_STATEMENTS,
  ]),
  message("decodeCohortMessage", messages.decodeCohortMessage, messages.encodeCohortMessage, [OFFER.sealed, hash()]),
  message("vertical decodeAsk", vertical.decodeAsk, vertical.encodeAsk, [{ session: TASK_ID, step: "a/b", offset: 5 }]),
  message("vertical decodePart", vertical.decodePart, ({ total, chunk }) => vertical.encodePart(total, chunk), [
    { total: 300, chunk: hash() },
  ]),
  message("vertical decodeOffer", vertical.decodeOffer, vertical.encodeOffer, [VERTICAL_OFFER]),
  message("vertical decodeCard", vertical.decodeCard, vertical.encodeCard, [{ numIds: 300, numColumns: 4 }]),
  message("vertical decodeRoster", vertical.decodeRoster, vertical.encodeRoster, [[hash(), hash()]]),
  message("vertical decodePoints", vertical.decodePoints, vertical.encodePoints, [randomBytes(rng, 96)]),
  message("vertical decodePlaces", (bytes) => vertical.decodePlaces(bytes, 9), vertical.encodePlaces, [[3, 1, 8]]),
  message("vertical decodeRun", vertical.decodeRun, vertical.encodeRun, [new Uint8Array(16)]),
  message("vertical decodeMasker", vertical.decodeMasker, vertical.encodeMasker, [
    { agreement: hash(), signature: randomBytes(rng, 64) },
  ]),
  message("vertical decodeMaskers", vertical.decodeMaskers, vertical.encodeMaskers, [
    { sealingKey: hash(), maskers: [{ key: hash(), agreement: hash(), signature: randomBytes(rng, 64) }] },
  ]),
  message("vertical decodeResiduals", vertical.decodeResiduals, vertical.encodeResiduals, [
    { done: false, alpha: 0.5, gamma: -1, exponent: -3, sealed: [hash()] },
  ]),
  message("vertical decodeProducts", vertical.decodeProducts, vertical.encodeProducts, [
    [hash(), randomBytes(rng, 90)],
  ]),
  message("vertical decodeWords", (bytes) => vertical.decodeWords(bytes, 5), vertical.encodeWords, [
    BigUint64Array.of(0n, 1n, 2n ** 64n - 1n, 7n, 9n),
  ]),
  message("vertical decodeModel", decodeModel, encodeModel, [
    { epochs: 4, mean: [1.5], deviation: [2], weights: [0.25, -1], labels: [0, 1] },
  ]),
  message("vertical decodeSession", decodeSession, encodeSession, [
    {
      session: { id: TASK_ID, offer: VERTICAL_OFFER, parties: [hash(), hash()] },
      ...{ table: "t.csv", idColumn: "id", columns: ["a", "b"], classes: [], addresses: ["/ip4/127.0.0.1/tcp/1"] },
      ids: ["x", "y"],
    },
  ]),
  message("decodeHelloRequest", messages.decodeHelloRequest, messages.encodeHelloRequest, [
    { task: TASK_ID, agent: "hearsay/0.1.0" },
    { task: TASK_ID, agent: "hearsay/0.1.0", newsOnly: true },
  ]),
  message("decodeHelloAnswer", messages.decodeHelloAnswer, messages.encodeHelloAnswer, [
    { task: TASK_ID, agent: "hearsay/0.1.0" },
    { task: TASK_ID, agent: "x", announcement: ANNOUNCEMENT },
    { task: TASK_ID, agent: "x", yours: ANNOUNCEMENT, servesPulls: true },
    { task: TASK_ID, agent: "x", servesPulls: true, name: "Roof 7" },
    { task: TASK_ID, agent: "x", servesPulls: false, newsEveryS: 2700 },
    { task: TASK_ID, agent: "x", servesPulls: true, name: "Roof 7", newsEveryS: 60 },
    { task: TASK_ID, agent: "x", servesPulls: true, hearsBriefs: true },
    { task: TASK_ID, agent: "x", servesPulls: true, hearsBriefs: true, heard: { generation: 7, seq: 302 } },
  ]),
  message("decodeBlobRequest", messages.decodeBlobRequest, messages.encodeBlobRequest, [
    { hash: hash(), offset: 262_144, maxBytes: 262_144 },
  ]),
  message("decodeBlobAnswer", messages.decodeBlobAnswer, messages.encodeBlobAnswer, [
    { total: 70_000, chunk: randomBytes(rng, 100) },
  ]),
  message("decodePullRequest", pullMessages.decodePullRequest, pullMessages.encodePullRequest, [
    { generation: 0, seq: 302, old: 299 },
    { generation: 29_833_333, seq: 2, old: 0 },
  ]),
  packed("decodeModelRequest", modelMessages.decodeModelRequest, modelMessages.encodeModelRequest, [
    { generation: 0, seq: 302, old: 299, wantsNote: false },
    { generation: 29_833_333, seq: 2, old: 0, wantsNote: true },
  ]),
  packed(
    "decodeModelAnswer",
    modelMessages.decodeModelAnswer,
    (answer: modelMessages.ModelAnswer) => joined(modelMessages.encodeModelAnswer(answer)),
    [
      {
        seal: signature(),
        prev: hash(),
        trained: hash(),
        growth: [hash()],
        wanted: false,
        body: randomBytes(rng, 100),
      },
      {
        ...{ seal: signature(), note: signature(), prev: hash(), trained: hash(), growth: [hash(), hash(), hash()] },
        ...{ made: { mechanism: "none", shared: Uint8Array.of(15) }, cohort: randomBytes(rng, 300), wanted: true },
        body: randomBytes(rng, 100),
      },
    ],
  ),
  message("decodePullAnswer", pullMessages.decodePullAnswer, pullMessages.encodePullAnswer, [
    {
      ...{ prev: hash(), trained: hash(), mechanism: "none", shared: Uint8Array.of(15), growth: [hash(), hash()] },
      ...{ wanted: false, total: 70_000, chunk: randomBytes(rng, 100) },
    },
  ]),
  message("decodePeersRequest", messages.decodePeersRequest, messages.encodePeersRequest, [0, 32, 2 ** 40]),
  message("decodePeersAnswer", messages.decodePeersAnswer, messages.encodePeersAnswer, [
    [{ peer: alice.peerId, addresses: ["/ip4/192.0.2.1/tcp/4001", "/dns4/peer.example/tcp/1"] }],
    [],
  ]),
  message("decodeLogRequest", logMessages.decodeLogRequest, logMessages.encodeLogRequest, [
    { what: "prove", logId: hash(), seq: 300, old: 250 },
    { what: "checkpoint", logId: hash() },
    { what: "entries", logId: hash(), from: 1, limit: 2 },
    { what: "cosign", logId: hash(), size: 301, line: "— name AAAA\n" },
    { what: "evidence", logId: hash(), from: 0, held: hash() },
    { what: "generations", task: hash() },
  ]),
  message("decodeProveAnswer", logMessages.decodeProveAnswer, logMessages.encodeProveAnswer, [
    { entry: FORKED_ENTRY.signed, inclusion: [hash(), hash()], consistency: [], wanted: true },
  ]),
  message("decodeCheckpointAnswer", logMessages.decodeCheckpointAnswer, logMessages.encodeCheckpointAnswer, [
    { note: "a\n", cosigned: "b\n" },
    { note: "a\n" },
  ]),
  message("decodeEntriesAnswer", logMessages.decodeEntriesAnswer, logMessages.encodeEntriesAnswer, [
    { size: 301, entries: ENTRIES.map(({ signed }) => signed) },
  ]),
  message("decodeEvidenceAnswer", logMessages.decodeEvidenceAnswer, logMessages.encodeEvidenceAnswer, [
    EVIDENCE.map(encodeEvidence),
  ]),
  message("decodeGenerationsAnswer", logMessages.decodeGenerationsAnswer, logMessages.encodeGenerationsAnswer, [
    [0, 1, 29_833_333],
  ]),
  {
    name: "decodeEvidence and verifyEvidence",
    runs: 8000,
    valid: EVIDENCE.map(encodeEvidence),
    decode(bytes) {
      const evidence = decodeEvidence(bytes);
      assert.deepEqual(encodeEvidence(evidence), bytes);
      const whole = EVIDENCE.some((valid) => equalBytes(encodeEvidence(valid), bytes));
      assert.equal(verifyEvidence(evidence, nodeCrypto) !== undefined, whole, "damaged evidence proves nothing");
    },
  },
  {
    name: "decodeTask",
    runs: 8000,
    valid: [{}, { model: { kind: "mlp", hidden: [4, 4] } }, { output: { kind: "regression", targets: ["t"] } }].map(
      (changes) => encodeTask(blobTask(changes)),
    ),
    decode: (bytes) => assert.deepEqual(encodeTask(decodeTask(bytes)), bytes),
  },
  {
    name: "decodeEntry",
    runs: 6000,
    valid: ENTRIES.map(({ signed }) => signed.subarray(64)),
    decode: decodeEntry,
  },
  {
    name: "readEntry",
    runs: 4000,
    valid: ENTRIES.map(({ signed }) => signed),
    decode: (bytes) => formatLine(readEntry(bytes, nodeCrypto)),
  },
  {
    name: "parseHeader",
    runs: 4000,
    valid: [
      utf8(
        formatHeader({
          publicKey: new Uint8Array(32),
          task: new Uint8Array(32),
          generation: 1,
          size: 60,
          checkpoint: "a note\n",
          cosigned: null,
          evidence: [Uint8Array.of(1)],
        }),
      ),
    ],
    decode: (bytes) => parseHeader(text(bytes)),
  },
  {
    name: "parseLine",
    runs: 10_000,
    valid: ENTRIES.map(({ signed }) => utf8(formatLine(readEntry(signed, nodeCrypto)))), // keys in the order of the encoding
    decode: (bytes) => parseLine(text(bytes), nodeCrypto),
  },
  {
    name: "decodeSafetensors",
    runs: 12_000,
    valid: SAFETENSORS,
    decode(bytes) {
      for (const tensor of decodeSafetensors(bytes).tensors) tensorValues(tensor);
    },
  },
  {
    name: "the body of an f32 model",
    runs: 4000,
    valid: [codec.encode(new Float32Array(numParams(TASK)).fill(0.5))],
    decode: (bytes) => validateBody(bytes, codec, 1e6),
  },
  {
    name: "decodeNpy",
    runs: 8000,
    valid: [
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", new Uint8Array(24)),
      npy("{'descr': '>i8', 'fortran_order': False, 'shape': (1,), }", new Uint8Array(8)),
      npy("{'descr': '|b1', 'fortran_order': False, 'shape': (), }", new Uint8Array(1)),
    ],
    decode: decodeNpy,
  },
  {
    name: "parseInvite",
    runs: 4000,
    valid: [utf8(formatInvite({ task: TASK_ID, addresses: ["/ip4/192.0.2.1/tcp/4001", "/dns4/a/tcp/1"] }))],
    decode: (bytes) => parseInvite(text(bytes)),
  },
  {
    name: "publicKeyFromPeerId",
    runs: 4000,
    valid: [utf8(alice.peerId)],
    lenient: true,
    decode: (bytes) => publicKeyFromPeerId(text(bytes)),
  },
];

/** One item of CBOR: most often well-formed, with lengths that lie now and then. */
function randomCbor(draw: Rng, depth: number): Uint8Array {
  const major = draw.below(8);
  const length = draw.below(10) === 0 ? draw.below(2 ** 32) : draw.below(6);
  const head = Uint8Array.of((major << 5) | Math.min(length, draw.below(20) === 0 ? 31 : 23));
  const wide = draw.below(8) === 0 ? concatBytes(Uint8Array.of((major << 5) | 26), randomBytes(draw, 4)) : head;
  const children = (count: number) =>
    concatBytes(...Array.from({ length: depth > 6 ? 0 : Math.min(count, 6) }, () => randomCbor(draw, depth + 1)));
  switch (major) {
    case 2:
    case 3:
      return concatBytes(wide, randomBytes(draw, Math.min(length, 40)));
    case 4:
      return concatBytes(wide, children(length));
    case 5:
      return concatBytes(wide, children(2 * length));
    case 6:
      return concatBytes(Uint8Array.of(0xd8, draw.below(3) === 0 ? 42 : draw.below(256)), children(1));
    default:
      return concatBytes(wide, randomBytes(draw, major === 7 ? draw.below(9) : 0));
  }
}

function randomInput(draw: Rng, valid: readonly Uint8Array[]): Uint8Array {
  const sample = valid[draw.below(valid.length)] as Uint8Array;
  switch (draw.below(8)) {
    case 0:
      return randomBytes(draw, draw.below(300));
    case 1:
      return randomCbor(draw, 0);
    case 2:
      return concatBytes(sample.subarray(0, draw.below(sample.length)), randomCbor(draw, 0));
    default:
      return mutate(draw, sample);
  }
}

let inputs = 0;
let slowestMs = 0;

/** One input: a value or a coded error, in time. True where it was accepted. */
function tryInput({ name, decode }: Target, bytes: Uint8Array, which: string): boolean {
  inputs++;
  const startMs = performance.now();
  try {
    return acceptsOrRefuses(() => decode(bytes));
  } catch (error) {
    const shown = bytes.length > 2000 ? `${bytes.length} bytes` : toHex(bytes);
    throw new Error(`${name}, ${which}: ${shown}`, { cause: error });
  } finally {
    const tookMs = performance.now() - startMs;
    slowestMs = Math.max(slowestMs, tookMs);
    assert.ok(tookMs < MAX_MS, `${name}, ${which}: ${tookMs} ms`);
  }
}

const heldBytes = () => {
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
};

describe("a decoder gives a value or a coded error for whatever it is fed:", () => {
  after(() => assert.ok(inputs >= MIN_INPUTS, `${inputs} inputs`));

  for (const target of TARGETS) {
    it(`${target.name}, ${target.runs} inputs`, (context) => {
      const seed = `fuzz/${target.name}/1`;
      const draw = createRng(seed);
      for (const bytes of target.valid) assert.ok(tryInput(target, bytes, "valid"), "the valid inputs are accepted");
      let accepted = 0;
      for (let i = 0; i < target.runs; i++) {
        if (tryInput(target, randomInput(draw.fork(i), target.valid), `seed "${seed}" input ${i}`)) accepted++;
      }
      context.diagnostic(`seed "${seed}": ${target.runs} inputs, ${accepted} accepted`);
      assert.ok(target.lenient || accepted < target.runs / 2, "most damage is noticed");
    });
  }

  it("the log of an export, 2000 damaged ones", async (context) => {
    const seed = "fuzz/verifyExport/1";
    const lines = ENTRIES.map(formatLine);
    for (let i = 0; i < 2000; i++) {
      const draw = createRng(`${seed}/${i}`);
      const damaged = [...lines];
      const at = draw.below(lines.length);
      damaged[at] = text(mutate(draw, utf8(lines[at] as string)));
      inputs++;
      const file = (async function* () {
        yield utf8(`${damaged.join("\n")}\n`);
      })();
      const { firstBad } = await verifyExport(file, { crypto: nodeCrypto });
      assert.ok(firstBad !== undefined, "entries of several logs are no log");
      const signed = ENTRIES.map((entry) => (draw.below(3) === 0 ? mutate(draw, entry.signed) : entry.signed));
      assert.equal((await verifyLog(signed, { crypto: nodeCrypto })).ok, false);
    }
    context.diagnostic(`seed "${seed}"`);
  });
});

/** Inputs made to take long, to nest deep, or to claim a size that they do not have. */
function bombs(): [name: string, bytes: Uint8Array][] {
  const repeat = (length: number, ...pattern: number[]) =>
    new Uint8Array(length).map((_, i) => pattern[i % pattern.length] as number);
  const huge = [0xff, 0xff, 0xff, 0xff];
  const claims: [string, number[]][] = [2, 3, 4, 5].flatMap((major): [string, number[]][] => [
    [`major ${major} of 2^32 - 1`, [(major << 5) | 26, ...huge]],
    [`major ${major} of 2^53`, [(major << 5) | 27, 0, 0x20, 0, 0, 0, 0, 0, 0]],
    [`major ${major} of 2^64 - 1`, [(major << 5) | 27, ...huge, ...huge]],
    [`major ${major} of 10^6`, [(major << 5) | 26, 0, 0x0f, 0x42, 0x40]],
    [`major ${major} without a length`, [(major << 5) | 31, 0x01]],
  ]);
  const signed = (bytes: Uint8Array) => concatBytes(new Uint8Array(64), bytes);
  const cbor: [string, Uint8Array][] = [
    ...claims.map(([name, bytes]): [string, Uint8Array] => [name, Uint8Array.from(bytes)]),
    ["arrays in arrays", repeat(260_000, 0x81)],
    ["maps in maps", repeat(260_000, 0xa1, 0x60)],
    ["tags in tags", repeat(260_000, 0xd8, 0x2a)],
    ["a long list", concatBytes(Uint8Array.of(0x9a, 0, 3, 0xd0, 0x90), new Uint8Array(250_000))],
    ["a key twice", Uint8Array.of(0xa2, 0x61, 0x61, 1, 0x61, 0x61, 2)],
    [
      "the key __proto__",
      concatBytes(Uint8Array.of(0xa1, 0x69), utf8("__proto__"), Uint8Array.of(0xa1, 0x61, 0x61, 1)),
    ],
    [
      "the key __proto__ that is a list",
      concatBytes(Uint8Array.of(0xa1, 0x69), utf8("__proto__"), Uint8Array.of(0x81, 1)),
    ],
    ["the key toString", concatBytes(Uint8Array.of(0xa1, 0x68), utf8("toString"), Uint8Array.of(1))],
    ["a CID that is none", Uint8Array.of(0xd8, 0x2a, 0x42, 0, 1)],
    ["undefined", Uint8Array.of(0xf7)],
    ["NaN", Uint8Array.of(0xfb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0)],
    ["-0", Uint8Array.of(0xfb, 0x80, 0, 0, 0, 0, 0, 0, 0)],
    ["no text", Uint8Array.of(0x62, 0xc3, 0x28)],
  ];
  const header = (json: string) => {
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(utf8(json).length), true);
    return concatBytes(length, utf8(json));
  };
  const shape = (sizes: string) =>
    npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`, new Uint8Array(8));
  const long = (unit: string) => utf8(unit.repeat(Math.ceil(30_000 / unit.length)));
  return [
    ["nothing", new Uint8Array(0)],
    ...cbor,
    ...cbor.map(([name, bytes]): [string, Uint8Array] => [`signed: ${name}`, signed(bytes)]),
    ["safetensors with a header of 2^64 - 1", repeat(16, 0xff)],
    ["safetensors with a header of 1 MiB in 8", Uint8Array.of(0, 0, 16, 0, 0, 0, 0, 0)],
    [
      "safetensors of 2^106 values",
      header('{"a":{"dtype":"F32","shape":[9007199254740991,9007199254740991],"data_offsets":[0,0]}}'),
    ],
    [
      "safetensors of 2^53 - 1 values",
      header('{"a":{"dtype":"U8","shape":[9007199254740991],"data_offsets":[0,9007199254740991]}}'),
    ],
    ["safetensors of lists", header("[".repeat(100_000))],
    ["safetensors of maps", header('{"a":'.repeat(100_000))],
    ["safetensors of spaces", header(" ".repeat(1_000_000))],
    ["safetensors of a long key", header(`{"${"\\u0041".repeat(150_000)}":1}`)],
    [
      "safetensors of many tensors",
      header(
        `{${Array.from({ length: 15_000 }, (_, i) => `"${i}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`).join()}}`,
      ),
    ],
    ["npy of 10^30 values", shape("1000000000000000, 1000000000000000")],
    ["npy of a long shape", shape("9".repeat(50_000))],
    ["npy of no values of any shape", shape("0, 99999999999999999999")],
    ["npy of many sizes", shape("1, ".repeat(20_000))],
    ["npy of quotes", npy(`{${"'a' ".repeat(15_000)}`, new Uint8Array(0))],
    ["JSON of lists", long("[")],
    ["JSON of maps", long('{"cbor":')],
    ["JSON of a long text", utf8(`{"sig":"${"A".repeat(88)}","cbor":"${"A".repeat(30_000)}"}`)],
    ["JSON with __proto__", utf8(`{"__proto__":{"sig":"${"A".repeat(86)}=="},"cbor":"AAAA"}`)],
    ["JSON beyond the longest line", new Uint8Array(1_000_000).fill(0x20)],
    ["an invite of commas", utf8(`hearsay:${"a".repeat(64)}@${"/,".repeat(100_000)}`)],
    ["an invite of at signs", utf8(`hearsay:${"@".repeat(200_000)}`)],
    ["an invite of spaces", utf8(" ".repeat(300_000))],
    ["a peer id of ones", utf8("1".repeat(52))],
    ["a peer id of many ones", utf8("1".repeat(300_000))],
    ["a peer id of zs", utf8("z".repeat(52))],
  ];
}

describe("no input makes a decoder slow or greedy:", () => {
  for (const [name, bytes] of bombs()) {
    it(name, () => {
      for (const target of TARGETS) {
        const before = heldBytes();
        tryInput(target, bytes, name);
        const extra = heldBytes() - before;
        assert.ok(extra < MAX_EXTRA_BYTES, `${target.name} took ${extra} bytes for ${bytes.length}`);
      }
    });
  }

  it("(the slowest of all)", (context) =>
    context.diagnostic(`${inputs} inputs, the slowest took ${slowestMs.toFixed(1)} ms`));
});
