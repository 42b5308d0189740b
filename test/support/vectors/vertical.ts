/** Vectors of the messages of vertical learning, among those of everything that goes over the wire. */
import { toHex, utf8 } from "../../../protocol/base/bytes.ts";
import * as vertical from "../../../protocol/vertical/messages.ts";
import { filled, READER, WRITER } from "./people.ts";

type Field = readonly [name: string, type: string, value: unknown];

function vector(name: string, direction: string, bytes: Uint8Array, ...fields: Field[]) {
  return {
    name: `vertical ${name}`,
    direction,
    hex: toHex(bytes),
    fields: [["version", "uint", 2] as Field, ...fields],
  };
}

const bytes = (name: string, value: Uint8Array): Field => [name, "bytes", toHex(value)];

export function verticalVectors(): object[] {
  return [...joiningVectors(), ...trainingVectors()];
}

function joiningVectors() {
  const [session, nonce, key] = [filled(0x91), filled(0x92, 16), WRITER.publicKey];
  const names = { purpose: "why", kind: "logistic", idColumn: "id", target: "ill" } as const;
  const offer = { holder: key, nonce, ...names, parties: 3, ridge: 0.01, epochs: 100 };
  const keys = [key, READER.publicKey];
  const points = filled(0x93, 64);
  return [
    vector(
      "ask",
      "request",
      vertical.encodeAsk({ session, step: "a/b", offset: 5 }),
      bytes("session", session),
      ["step", "text", "a/b"],
      ["offset", "uint", 5],
    ),
    vector(
      "ask",
      "answer",
      vertical.encodePart(6, utf8("chunky")),
      ["total", "uint", 6],
      bytes("chunk", utf8("chunky")),
    ),
    vector(
      "offer",
      "message",
      vertical.encodeOffer(offer),
      ...[bytes("holder", key), bytes("nonce", nonce)],
      ...([
        ["purpose", "text", "why"],
        ["kind", "text", "logistic"],
        ["parties", "uint", 3],
      ] as Field[]),
      ...([
        ["id column", "text", "id"],
        ["target", "text", "ill"],
        ["ridge in millionths", "uint", 10_000],
        ["epochs", "uint", 100],
      ] as Field[]),
    ),
    vector(
      "card",
      "message",
      vertical.encodeCard({ numIds: 300, numColumns: 4 }),
      ["ids", "uint", 300],
      ["columns", "uint", 4],
    ),
    vector("roster", "message", vertical.encodeRoster(keys), ["keys", "list", keys.map(toHex)]),
    vector("points", "message", vertical.encodePoints(points), bytes("points", points)),
    vector("places", "message", vertical.encodePlaces([3, 1, 258]), ["places", "bytes", "000000030000000100000102"]),
  ];
}

/** Numbers of residuals are whole here: any float64 may stand there. */
function trainingVectors() {
  const [run, agreement, signature] = [filled(0x94, 16), filled(0x95), filled(0x96, 64)];
  const [sealingKey, sealed] = [filled(0x97, 40), [filled(0x98, 30), filled(0x99, 30)]];
  const maskers = { sealingKey, maskers: [{ key: WRITER.publicKey, agreement, signature }] };
  const residuals = { done: false, alpha: 1, gamma: 0, exponent: 3, sealed };
  return [
    vector("run", "message", vertical.encodeRun(run), bytes("run", run)),
    vector(
      "masker",
      "message",
      vertical.encodeMasker({ agreement, signature }),
      bytes("x25519 key", agreement),
      bytes("signature", signature),
    ),
    vector("maskers", "message", vertical.encodeMaskers(maskers), bytes("sealing key", sealingKey), [
      "maskers",
      "list",
      [[WRITER.publicKey, agreement, signature].map(toHex)],
    ]),
    vector(
      "residuals",
      "message",
      vertical.encodeResiduals(residuals),
      ...([
        ["done", "bool", false],
        ["alpha", "uint", 1],
        ["gamma", "uint", 0],
        ["exponent", "uint", 3],
      ] as Field[]),
      ["sealed", "list", sealed.map(toHex)],
    ),
    vector("products", "message", vertical.encodeProducts(sealed), ["sealed", "list", sealed.map(toHex)]),
    vector("words", "message", vertical.encodeWords(BigUint64Array.of(1n, 2n ** 64n - 1n)), [
      "words",
      "bytes",
      "0100000000000000ffffffffffffffff",
    ]),
  ];
}
