/** Evidence that anybody can make: a throw-away key that tells two stories about its own log. */
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { utf8 } from "../../protocol/base/bytes.ts";
import type { Identity } from "../../protocol/base/seams.ts";
import { encodeEvidence, forkBetween } from "../../protocol/log/entry/evidence.ts";
import { encodeAnnouncement } from "../../protocol/wire/announcement.ts";

export function throwAwayKey(n: number): Identity {
  return identityFromSeed(nodeCrypto.sha256(utf8(`throw-away key ${n}`)));
}

/** The announcement of a model of this key, at place 1 of its log. */
function announcementOf(identity: Identity, task: Uint8Array, model: number): Uint8Array {
  const bytes = (n: number) => new Uint8Array(32).fill(n);
  const place = { generation: 0, seq: 1, entry: bytes(model), root: bytes(3), note: new Uint8Array(64) };
  return encodeAnnouncement({ task, ...place, model: bytes(model), bytes: 8, age: 0, tsMs: 0 }, identity);
}

/** The fork of key number n. */
export function selfMadeFork(n: number, task: Uint8Array): Uint8Array {
  const identity = throwAwayKey(n);
  const [one, other] = [1, 2].map(
    (model) => ({ what: "announcement", bytes: announcementOf(identity, task, model) }) as const,
  );
  const log = { publicKey: identity.publicKey, task, generation: 0 };
  return forkBetween(log, [one as never, other as never], nodeCrypto) as Uint8Array;
}

/** What an earlier version could have stored of key number n: of the form of evidence, and not looked at again. */
export function storedFork(n: number, task: Uint8Array): Uint8Array {
  const publicKey = nodeCrypto.sha256(utf8(`stored ${n}`));
  const statements = [1, 2].map((byte) => ({ what: "announcement", bytes: new Uint8Array(200).fill(byte) }) as const);
  return encodeEvidence({ kind: "fork", publicKey, task, generation: 0, statements });
}
