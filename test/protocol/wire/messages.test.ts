import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { encode } from "@ipld/dag-cbor";
import fc from "fast-check";
import { identityFromSeed } from "../../../node/crypto.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import {
  decodeCheckpointAnswer,
  decodeEntriesAnswer,
  decodeEvidenceAnswer,
  decodeLogRequest,
  decodeProveAnswer,
} from "../../../protocol/wire/log-messages.ts";
import {
  decodeBlobAnswer,
  decodeBlobRequest,
  decodeHelloAnswer,
  decodeHelloRequest,
  decodePeersAnswer,
  decodePeersRequest,
  encodeBlobAnswer,
  encodeBlobRequest,
  encodeHelloAnswer,
  encodeHelloRequest,
  encodePeersAnswer,
  encodePeersRequest,
  HELLO_PROTOCOL,
  type PeerAddresses,
  taskNames,
} from "../../../protocol/wire/messages.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const count = fc.maxSafeNat();
const PEERS = [1, 2, 3].map((n) => identityFromSeed(new Uint8Array(32).fill(n)).peerId);
const plain = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(fields, { noNullPrototype: true });
const HASH = new Uint8Array(32).fill(7);

/** A message goes out and comes back, for all values. */
function roundTrip<T>(
  name: string,
  values: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
) {
  it(`${name} comes back as it was sent`, () => {
    fc.assert(fc.property(values, (value) => assert.deepEqual(decode(encode(value)), value)));
  });
}

describe("messages", () => {
  roundTrip(
    "hello",
    plain({ task: hash, agent: fc.string({ maxLength: 64 }) }),
    encodeHelloRequest,
    decodeHelloRequest,
  );
  roundTrip(
    "the answer to hello, with or without an announcement,",
    fc.record(
      {
        task: hash,
        agent: fc.string({ maxLength: 64 }),
        announcement: fc.uint8Array({ maxLength: 300 }),
        yours: fc.uint8Array({ maxLength: 300 }),
      },
      { requiredKeys: ["task", "agent"], noNullPrototype: true },
    ),
    encodeHelloAnswer,
    decodeHelloAnswer,
  );
  it("hello may ask for the news alone, and its answer for seldom news: at least a second, at most a day", () => {
    const hello = { task: HASH, agent: "a" };
    assert.deepEqual(decodeHelloRequest(encodeHelloRequest({ ...hello, newsOnly: true })), {
      ...hello,
      newsOnly: true,
    });
    assert.deepEqual(encodeHelloRequest({ ...hello, newsOnly: false }), encodeHelloRequest(hello));
    for (const newsEveryS of [1, LIMITS.longestNewsS]) {
      const answer = { ...hello, servesPulls: true, newsEveryS };
      assert.deepEqual(decodeHelloAnswer(encodeHelloAnswer(answer)), answer);
    }
    for (const other of [0, -1, 1.5, LIMITS.longestNewsS + 1, "60", null, true])
      assert.deepEqual(decodeHelloAnswer(encode([2, HASH, "a", null, null, true, null, other])), {
        ...hello,
        servesPulls: true,
      });
  });

  roundTrip(
    "a request for a blob",
    plain({ hash, offset: count, maxBytes: count }),
    encodeBlobRequest,
    decodeBlobRequest,
  );
  roundTrip(
    "a chunk",
    plain({ total: count, chunk: fc.uint8Array({ maxLength: 300 }) }),
    encodeBlobAnswer,
    decodeBlobAnswer,
  );
  roundTrip("a request for peers", count, encodePeersRequest, decodePeersRequest);
  roundTrip(
    "a list of peers",
    fc.array(
      plain({
        peer: fc.constantFrom(...PEERS),
        addresses: fc.array(fc.string({ maxLength: 40 }), { maxLength: 8 }),
      }),
      { maxLength: LIMITS.maxPeersExchanged },
    ),
    encodePeersAnswer,
    decodePeersAnswer,
  );

  it("with the largest chunk fit into a frame", () => {
    const most = { total: Number.MAX_SAFE_INTEGER, chunk: new Uint8Array(LIMITS.maxChunkBytes) };
    assert.ok(encodeBlobAnswer(most).length <= LIMITS.maxFrameBytes);
    const addresses = new Array<string>(LIMITS.maxAddressesPerPeer).fill("a".repeat(LIMITS.maxAddressLength));
    const peers = new Array<PeerAddresses>(LIMITS.maxPeersExchanged).fill({ peer: PEERS[0] as string, addresses });
    assert.deepEqual(decodePeersAnswer(encodePeersAnswer(peers)), peers);
  });

  it("longer than a frame are refused before they are decoded", () => {
    for (const { decode } of DECODERS)
      assert.throws(() => decode(new Uint8Array(LIMITS.maxFrameBytes + 1)), { code: "ERR_TOO_LARGE" });
  });

  it("of another version, length or type are refused with ERR_DECODE, in every field", () => {
    for (const { name, decode, valid } of DECODERS) {
      assert.doesNotThrow(() => decode(encode(valid)), name);
      const wrong = valid.flatMap((field, at) => unlike(field).map((value): unknown => valid.with(at, value)));
      for (const value of [...wrong, valid.slice(0, -1), valid.with(0, 0), {}, null, 1, []])
        assert.throws(() => decode(encode(value)), { code: "ERR_DECODE" }, `${name}: ${inspect(value)}`);
    }
  });

  it("of another version are refused with ERR_VERSION, which names both and says what to update", () => {
    for (const { decode, valid } of DECODERS) {
      assert.throws(() => decode(encode(valid.with(0, 3))), {
        code: "ERR_VERSION",
        message: "speaks hearsay/3, this is hearsay/2: update this peer",
      });
      assert.throws(() => decode(encode(valid.with(0, 1))), {
        code: "ERR_VERSION",
        message: "speaks hearsay/1, this is hearsay/2: update that peer",
      });
    }
  });

  it("with fields of the future after those of today are read, and these fields passed over", () => {
    for (const { name, decode, valid } of DECODERS)
      for (const future of [[1], [null, "text", [HASH]], [{ a: 1 }]])
        assert.deepEqual(decode(encode([...valid, ...future])), decode(encode(valid)), name);
    const [peer, addresses] = [PEERS[0], ["/ip4/192.0.2.1/tcp/1"]];
    assert.deepEqual(decodePeersAnswer(encode([2, [[peer, addresses, "since", 5]]])), [{ peer, addresses }]);
  });

  it("name an agent of at most 128 characters", () => {
    assert.equal(decodeHelloRequest(encode([2, HASH, "a".repeat(128)])).agent.length, 128);
    assert.throws(() => decodeHelloRequest(encode([2, HASH, "a".repeat(129)])), { code: "ERR_DECODE" });
  });
});

describe("a list of peers", () => {
  it("longer than the limits is cut", () => {
    const addresses = Array.from({ length: LIMITS.maxAddressesPerPeer + 5 }, (_, i) => `/ip4/192.0.2.${i}/tcp/1`);
    const peers = Array.from({ length: LIMITS.maxPeersExchanged + 5 }, () => ({ peer: PEERS[0] as string, addresses }));
    const list = decodePeersAnswer(encodePeersAnswer(peers));
    assert.equal(list.length, LIMITS.maxPeersExchanged);
    assert.deepEqual(list[0]?.addresses, addresses.slice(0, LIMITS.maxAddressesPerPeer));
  });

  it("with anything that is no peer, or an address too long, is refused whole", () => {
    const good = [PEERS[0], ["/ip4/192.0.2.1/tcp/1"]];
    const rsa = "QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC";
    for (const bad of [
      [rsa, []],
      ["", []],
      [PEERS[0]],
      [PEERS[0], "/ip4"],
      [PEERS[0], [5]],
      [PEERS[0], ["a".repeat(257)]],
      PEERS[0],
      null,
    ])
      assert.throws(() => decodePeersAnswer(encode([2, [good, bad]])), { code: "ERR_DECODE" });
  });
});

describe("the names of a task's topic and protocols", () => {
  it("hold the first 16 bytes of its id", () => {
    const task = new Uint8Array(32).map((_, i) => i);
    assert.deepEqual(taskNames(task), {
      announce: "/hearsay/000102030405060708090a0b0c0d0e0f/announce/2",
      evidence: "/hearsay/000102030405060708090a0b0c0d0e0f/evidence/2",
      blob: "/hearsay/000102030405060708090a0b0c0d0e0f/blob/2.0.0",
      pull: "/hearsay/000102030405060708090a0b0c0d0e0f/pull/2.0.0",
      brief: "/hearsay/000102030405060708090a0b0c0d0e0f/brief/2",
      model: "/hearsay/000102030405060708090a0b0c0d0e0f/model/2.0.0",
      peers: "/hearsay/000102030405060708090a0b0c0d0e0f/peers/2.0.0",
      cohort: "/hearsay/000102030405060708090a0b0c0d0e0f/cohort/2.0.0",
      release: "/hearsay/000102030405060708090a0b0c0d0e0f/release/2.0.0",
      cluster: "/hearsay/000102030405060708090a0b0c0d0e0f/cluster/2.0.0",
      errand: "/hearsay/000102030405060708090a0b0c0d0e0f/errand/2.0.0",
    });
  });

  it("differ between tasks; hello alone is common to all", () => {
    assert.notDeepEqual(taskNames(HASH), taskNames(HASH.with(15, 0)));
    assert.equal(HELLO_PROTOCOL, "/hearsay/hello/2.0.0");
  });
});

/** Values that a field of this type cannot hold. */
function unlike(field: unknown): unknown[] {
  if (typeof field === "number") return [-1, 1.5, "1", null, true, 2n ** 53n, [field]];
  if (typeof field === "boolean") return [5, null, "true", [field]];
  if (typeof field === "string") return [5, ...(field === "note" ? [] : [null]), HASH, [field], "a".repeat(5000)];
  if (Array.isArray(field)) return [5, null, HASH, "list", {}, [5], [[]]];
  const bytes = field as Uint8Array;
  const others: unknown[] = [5, "bytes", {}, [...bytes]];
  return bytes.length === 32 ? [...others, null, new Uint8Array(31), new Uint8Array(33)] : others;
}

/** Each decoder with the fields of a message that it accepts. */
const DECODERS: readonly { name: string; decode: (bytes: Uint8Array) => unknown; valid: unknown[] }[] = [
  { name: "hello request", decode: decodeHelloRequest, valid: [2, HASH, "agent"] },
  { name: "hello answer", decode: decodeHelloAnswer, valid: [2, HASH, "agent", new Uint8Array(3), new Uint8Array(3)] },
  { name: "blob request", decode: decodeBlobRequest, valid: [2, HASH, 0, 1] },
  { name: "blob answer", decode: decodeBlobAnswer, valid: [2, 9, new Uint8Array(3)] },
  { name: "peers request", decode: decodePeersRequest, valid: [2, 4] },
  { name: "prove request", decode: decodeLogRequest, valid: [2, "prove", HASH, 3, 0] },
  { name: "prove answer", decode: decodeProveAnswer, valid: [2, new Uint8Array(3), [HASH], [HASH], true] },
  { name: "checkpoint answer", decode: decodeCheckpointAnswer, valid: [2, "note", "note"] },
  { name: "entries answer", decode: decodeEntriesAnswer, valid: [2, 3, [new Uint8Array(3)]] },
  { name: "evidence answer", decode: decodeEvidenceAnswer, valid: [2, [new Uint8Array(3)]] },
  { name: "peers answer", decode: decodePeersAnswer, valid: [2, [[PEERS[0], ["/ip4/192.0.2.1/tcp/1"]]]] },
];
