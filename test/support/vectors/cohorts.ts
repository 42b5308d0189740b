/** Vectors of cohorts: offers and lots, a session of three, each kind of statement, the word for a mean, and what convicts. Nothing is summed here: secure-sum.json is. */
import { nodeCrypto } from "../../../node/crypto.ts";
import { nodeSecrecy } from "../../../node/secrecy.ts";
import { toHex, utf8 } from "../../../protocol/base/bytes.ts";
import type { Identity } from "../../../protocol/base/seams.ts";
import { encodeCertificate, type Result, signResult } from "../../../protocol/cohort/certificate.ts";
import { misdeedIn } from "../../../protocol/cohort/evidence.ts";
import { lotOf, makeOffer } from "../../../protocol/cohort/offers.ts";
import { rosterOf } from "../../../protocol/cohort/roster.ts";
import { type Says, type StatementKind, say } from "../../../protocol/cohort/statements.ts";
import { filled, READER, TASK_ID, WITNESS, WRITER } from "./people.ts";

const MEMBERS: readonly Identity[] = [WRITER, READER, WITNESS];
const EPOCH = 300;
const MODEL = nodeCrypto.sha256(utf8("the mean of three"));

/** Secrets are filled with one byte each, so that offers can be made again. */
const offers = MEMBERS.map((identity, i) => {
  let next = 0x60 + 2 * i;
  const secrecy = { ...nodeSecrecy, random: (length: number) => filled(next++, length) };
  return makeOffer({ identity, secrecy }, { task: TASK_ID, epoch: EPOCH, link: nodeCrypto.sha256(filled(0x70 + i)) });
});
const SESSION = rosterOf(offers, nodeCrypto).session;

const SAYS: Says = {
  join: { offers: offers.map(({ sealed }) => sealed) },
  joined: {},
  share: { roster: 7 },
  shares: { roster: 7, commitment: filled(0x81), boxes: [[1, filled(0x82, 80)]] },
  mask: { shares: [filled(0x83, 100)] },
  masked: { hash: filled(0x84), age: 300 },
  survive: { survivors: 5, masked: [filled(0x85, 100)] },
  survivors: { survivors: 5 },
  unmask: { seeds: 5, keys: 2, survivors: [filled(0x86, 100)] },
  unmasked: { seeds: [[0, filled(0x87, 33)]], keys: [[1, filled(0x88, 33)]] },
  vouch: { model: MODEL, age: 300, unmasked: [filled(0x89, 100)] },
  vouched: { signature: filled(0x8a, 64) },
};
const KINDS = Object.keys(SAYS) as StatementKind[];

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  return Array.isArray(value) ? value.map(plain) : value;
}

function statement<K extends StatementKind>(kind: K, says: Says[K] = SAYS[kind]): Uint8Array {
  return say(kind, SESSION, says, WRITER);
}

function misdeed(name: string, ...statements: Uint8Array[]) {
  return { name, convicts: misdeedIn(statements, nodeCrypto) !== undefined, statements: statements.map(toHex) };
}

export function cohortVectors(): object {
  const result: Result = { task: TASK_ID, session: SESSION, model: MODEL, age: 300, survivors: 3 };
  const signatures = MEMBERS.map((one) => ({ publicKey: one.publicKey, signature: signResult(result, one) }));
  return {
    offers: offers.map((offer, i) => ({
      hex: toHex(offer.sealed),
      maskSecret: toHex(offer.maskSecret),
      shareSecret: toHex(offer.shareSecret),
      nextLink: toHex(filled(0x70 + i)),
      lot: lotOf(offer, nodeCrypto),
      epoch: EPOCH,
    })),
    session: toHex(SESSION),
    statements: KINDS.map((kind) => ({
      kind,
      hex: toHex(statement(kind)),
      says: Object.values(SAYS[kind]).map(plain),
    })),
    certificate: {
      ...{ hex: toHex(encodeCertificate(SESSION, 3, signatures)), task: toHex(TASK_ID), model: toHex(MODEL) },
      ...{ age: result.age, mass: signatures.length },
    },
    misdeeds: [
      misdeed("two sets of survivors", statement("survive"), statement("survive", { survivors: 3, masked: [] })),
      misdeed("both secrets of one member", statement("unmask", { seeds: 5, keys: 4, survivors: [] })),
      misdeed(
        "secrets of others than it said",
        statement("survive"),
        statement("unmask", { seeds: 3, keys: 4, survivors: [] }),
      ),
      misdeed("the same twice", statement("survive"), statement("survive")),
      misdeed("what belongs together", statement("survive"), statement("unmask")),
    ],
  };
}
