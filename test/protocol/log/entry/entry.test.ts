import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encode as encodeDagCbor } from "@ipld/dag-cbor";
import fc from "fast-check";
import { concatBytes, equalBytes, toHex, utf8 } from "../../../../protocol/base/bytes.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { Parent, Statement } from "../../../../protocol/log/entry/bodies.ts";
import {
  createEntry,
  decodeEntry,
  type EntryPlace,
  logIdOf,
  readEntry,
  signatureHolds,
} from "../../../../protocol/log/entry/entry.ts";
import { encodeCanonical } from "../../../../protocol/wire/canonical.ts";
import { acceptsOrRefuses, mutate, randomBytes } from "../../../fuzz/mutate.ts";
import { CRYPTO, identity, START_MS, sampleDrafts, TASK } from "../support.ts";

const alice = identity(1);
const logId = logIdOf(alice.publicKey, TASK, CRYPTO);
const HASH = new Uint8Array(32).fill(5);
const place: EntryPlace = { logId, seq: 3, prev: HASH, tsMs: START_MS };
const train = { in: HASH, out: HASH, steps: 10, age: 20, engine: "dense", privacy: null };

const bytes32 = () => fc.uint8Array({ minLength: 32, maxLength: 32 });
const count = () => fc.maxSafeNat();
const name = () => fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 64 });
const parent = (): fc.Arbitrary<Parent> =>
  fc.tuple(
    bytes32(),
    bytes32(),
    count(),
    fc.nat(65536),
    fc.constantFrom(...(["used", "duplicate", "clipped", "removed", "invalid"] as const)),
  );

/** Records as decoders make them: ordinary objects. */
function record<T>(fields: { [F in keyof T]: fc.Arbitrary<T[F]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true }) as fc.Arbitrary<T>;
}

const statement: fc.Arbitrary<Statement> = fc.oneof(
  record({
    type: fc.constant("vertical" as const),
    body: record({ session: bytes32(), parties: fc.integer({ min: 2, max: 4 }), rows: fc.constantFrom(1, 64, 65_536) }),
  }),
  record({
    type: fc.constant("genesis" as const),
    body: record({ task: bytes32(), peer: bytes32(), agent: name() }),
  }),
  record({
    type: fc.constant("train" as const),
    body: record({
      in: bytes32(),
      out: bytes32(),
      steps: count(),
      age: count(),
      engine: name(),
      privacy: fc.constant(null),
    }),
  }),
  record({
    type: fc.constant("publish" as const),
    body: record({
      model: bytes32(),
      age: count(),
      bytes: count(),
      codec: name(),
      mechanism: name(),
      shared: fc.uint8Array({ minLength: 1, maxLength: 512 }),
      mass: fc.integer({ min: 1, max: 2 ** 20 }),
      trained: bytes32(),
    }),
  }),
  record({
    type: fc.constant("aggregate" as const),
    body: record({
      own: bytes32(),
      base: fc.option(bytes32()),
      out: bytes32(),
      rule: name(),
      age: count(),
      parents: fc.array(parent(), { maxLength: 8 }),
    }),
  }),
  record({ type: fc.constant("resume" as const), body: record({ params: bytes32(), age: count() }) }),
);

/** The bytes of an entry whose parts need not be valid: by the library, which also encodes what ours refuses. */
function encode(parts: Partial<Record<"version" | "logId" | "seq" | "prev" | "tsMs" | "type" | "body", unknown>>) {
  const all = { version: 2, ...place, type: "train", body: train, ...parts };
  return encodeDagCbor([all.version, all.logId, all.seq, all.prev, all.tsMs, all.type, all.body]);
}

describe("entries", () => {
  it("come back as they were written, for every type of body", () => {
    fc.assert(
      fc.property(statement, count(), count(), bytes32(), (said, seq, tsMs, prev) => {
        const entry = createEntry({ logId, seq, prev, tsMs, ...said }, alice, CRYPTO);
        const { id, signed, version, ...content } = readEntry(entry.signed, CRYPTO);
        assert.equal(version, 2);
        assert.deepEqual(content, { logId, seq, prev, tsMs, ...said });
        assert.deepEqual(id, entry.id);
        assert.deepEqual(signed, entry.signed);
        assert.ok(signatureHolds(entry, CRYPTO, alice.publicKey));
      }),
      { numRuns: 500 },
    );
  });

  it("are what the format says, computed by hand", () => {
    const entry = createEntry({ ...place, type: "train", body: train }, alice, CRYPTO);
    const bytes = encode({});
    const id = CRYPTO.sha256(bytes);
    const signature = alice.sign(concatBytes(utf8("hearsay/log-entry/v1\0"), id));
    assert.deepEqual(entry.id, id);
    assert.deepEqual(entry.signed, concatBytes(signature, bytes));
    assert.deepEqual(
      logIdOf(alice.publicKey, TASK, CRYPTO),
      CRYPTO.sha256(concatBytes(utf8("hearsay/log-id/v1\0"), alice.publicKey, TASK)),
    );
  });

  it("tell of vertical learning how many parties and about how many rows, and not more", () => {
    const body = { session: HASH, parties: 3, rows: 512 };
    const write = (changed: object, version: 1 | 2 = 2) =>
      createEntry({ ...place, type: "vertical", body: { ...body, ...changed } }, alice, CRYPTO, version);
    assert.deepEqual(decodeEntry(write({}).signed.subarray(64)).body, body);
    for (const changed of [
      { parties: 1 },
      { parties: 5 },
      { rows: 0 },
      { rows: 569 },
      { rows: 131_072 },
      { columns: 30 },
    ])
      assert.throws(() => write(changed), TypeError, JSON.stringify(changed));
    assert.throws(() => write({}, 1), /unknown entry type/);
  });

  it("of different keys or tasks belong to different logs", () => {
    const ids = [logId, logIdOf(identity(2).publicKey, TASK, CRYPTO), logIdOf(alice.publicKey, HASH, CRYPTO)];
    assert.equal(new Set(ids.map(toHex)).size, 3);
  });

  it("with 64 parents and the largest figures fit into maxLogEntryBytes", () => {
    const big = Number.MAX_SAFE_INTEGER;
    const worst: Parent = [HASH, HASH, big, 65536, "duplicate"];
    const body = { own: HASH, base: HASH, out: HASH, rule: "r".repeat(64), age: big, parents: Array(64).fill(worst) };
    const entry = createEntry({ ...place, seq: big, tsMs: big, type: "aggregate", body }, alice, CRYPTO);
    assert.ok(entry.signed.length - 64 < LIMITS.maxLogEntryBytes, `${entry.signed.length - 64} bytes`);
  });

  const aggregate = { own: HASH, base: HASH, out: HASH, rule: "median", age: 1, parents: [] as unknown[] };
  const withParent = (...fields: unknown[]) => ({ type: "aggregate", body: { ...aggregate, parents: [fields] } });
  const refused: readonly (readonly [what: string, parts: Parameters<typeof encode>[0]])[] = [
    ["another version", { version: 3 }],
    ["the fields of version 2 in version 1", { version: 1 }],
    ["an unknown type", { type: "end", body: {} }],
    ["a type inherited from Object", { type: "constructor", body: {} }],
    ["a type that is no text", { type: 1 }],
    ["a short log id", { logId: HASH.subarray(1) }],
    ["a negative seq", { seq: -1 }],
    ["a seq of 2^53", { seq: 2n ** 53n }],
    ["a fractional time", { tsMs: 0.5 }],
    ["a prev that is text", { prev: "00" }],
    ["a body that is an array", { body: [] }],
    ["a body that is null", { body: null }],
    ["a body that is bytes", { body: HASH }],
    ["a missing field", { body: { in: HASH, out: HASH, steps: 1 } }],
    ["an unknown field", { body: { ...train, loss: 1 } }],
    [
      "a field named __proto__",
      { body: Object.defineProperty({ ...train }, "__proto__", { value: 1, enumerable: true }) },
    ],
    ["a float", { body: { ...train, age: 1.5 } }],
    ["a negative figure", { body: { ...train, steps: -1 } }],
    ["a privacy field that is not null", { body: { ...train, privacy: 0 } }],
    ["an engine that is null", { body: { ...train, engine: null } }],
    ["an empty name", { body: { ...train, engine: "" } }],
    ["a name of 65 characters", { body: { ...train, engine: "x".repeat(65) } }],
    ["a name with a terminal escape", { body: { ...train, engine: "\u001b[2J" } }],
    ["a name with a line break at its end", { body: { ...train, engine: "dense\n" } }],
    ["65 parents", { type: "aggregate", body: { ...aggregate, parents: Array(65).fill([HASH, HASH, 1, 1, "used"]) } }],
    ["a parent with an unknown status", withParent(HASH, HASH, 1, 1, "ignored")],
    ["a parent with a weight above one", withParent(HASH, HASH, 1, 65537, "used")],
    ["a parent without a status", withParent(HASH, HASH, 1, 1)],
    ["a parent with a short key", withParent(HASH.subarray(1), HASH, 1, 1, "used")],
  ];
  for (const [what, parts] of refused) {
    it(`with ${what} are refused when read, and never written`, () => {
      assert.throws(() => decodeEntry(encode(parts)), { code: "ERR_DECODE" });
      const content = { ...place, type: "train", body: train, ...parts } as Parameters<typeof createEntry>[0];
      if (!("version" in parts)) assert.throws(() => createEntry(content, alice, CRYPTO), TypeError);
    });
  }

  it("that are no array of 7, too large, or cut are refused with their code", () => {
    assert.throws(() => decodeEntry(encodeCanonical([1, 2, 3])), { code: "ERR_DECODE" });
    assert.throws(() => decodeEntry(encodeCanonical({ length: 7 })), { code: "ERR_DECODE" });
    assert.throws(() => decodeEntry(new Uint8Array(LIMITS.maxLogEntryBytes + 1)), { code: "ERR_TOO_LARGE" });
    assert.throws(() => readEntry(new Uint8Array(64), CRYPTO), { code: "ERR_DECODE" });
    assert.throws(() => readEntry(new Uint8Array(0), CRYPTO), { code: "ERR_DECODE" });
  });

  it("survive 60,000 random and mutated inputs: a coded error, or one encoding", () => {
    const rng = createRng("entry");
    const valid = sampleDrafts(rng, 4).map((draft, seq) =>
      createEntry({ ...place, seq, ...draft }, alice, CRYPTO).signed.subarray(64),
    );
    let accepted = 0;
    for (let run = 0; run < 60_000; run++) {
      const bytes = run % 8 === 0 ? randomBytes(rng, rng.below(300)) : mutate(rng, valid[run % 4] as Uint8Array);
      const accepts = acceptsOrRefuses(() => {
        const { version, logId, seq, prev, tsMs, type, body } = decodeEntry(bytes);
        assert.ok(equalBytes(encodeCanonical([version, logId, seq, prev, tsMs, type, body]), bytes));
      });
      if (accepts) accepted++;
    }
    assert.ok(accepted > 1000, `only ${accepted} inputs were accepted: the fuzz does not reach the inside`);
  });
});
