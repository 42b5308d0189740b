/** Vectors of refusals: bytes, and the verdict and code that they meet. Each check of an announcement in its order, then those of a body. */
import { nodeCrypto } from "../../../node/crypto.ts";
import { bytesOf, concatBytes, toHex } from "../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import type { Verdict } from "../../../protocol/base/seams.ts";
import { createAnnouncementBook } from "../../../protocol/peer/inbound/announcements.ts";
import { validateBody } from "../../../protocol/peer/inbound/validate.ts";
import { createIdentities } from "../../../protocol/peer/memory/identities.ts";
import { encodeAnnouncement } from "../../../protocol/wire/announcement.ts";
import { encodeCanonical } from "../../../protocol/wire/canonical.ts";
import { seal } from "../../../protocol/wire/envelope.ts";
import { ANNOUNCEMENT, draft } from "./messages.ts";
import { CODEC, filled, INITIAL, READER, SUCCESSOR, TASK_ID, WRITER } from "./people.ts";

/** Largest norm that is let in, in the body cases. */
const MAX_NORM = 100;

/** A sealed array with the announcement's fields, some of them changed by place. */
function sealedFields(changes: Readonly<Record<number, unknown>>, length = 13): Uint8Array {
  const { task, generation, seq, entry, root, note, model, bytes, age, tsMs } = draft();
  const place = [task, WRITER.publicKey, generation, seq, entry, root, note];
  const fields: unknown[] = [2, ...place, model, bytes, age, tsMs, 1];
  for (const [place, value] of Object.entries(changes)) fields[Number(place)] = value;
  return seal("announcement", encodeCanonical(fields.slice(0, length)), WRITER);
}

function unsigned(sealed: Uint8Array): Uint8Array {
  return sealed.with(0, (sealed[0] as number) ^ 1);
}

/** The last number of the payload in a longer form than it needs. */
function notCanonical(): Uint8Array {
  const payload = ANNOUNCEMENT.subarray(64);
  const age = payload.length - 1 - 9 - 1; // one byte, before the nine of tsMs and the one of the mass
  const longer = concatBytes(payload.subarray(0, age), Uint8Array.of(0x18), payload.subarray(age));
  return seal("announcement", longer, WRITER);
}

function announcements(): [why: string, sealed: Uint8Array, before?: Uint8Array][] {
  const otherTask = { 1: filled(0x77) };
  const wrongLength = { 9: CODEC.maxBytes + 1 };
  return [
    ["an honest one", ANNOUNCEMENT],
    ["longer than 1 KiB", concatBytes(ANNOUNCEMENT, filled(0, 1024))],
    ["no DAG-CBOR", filled(0xff, 100)],
    ["a number in a longer form than it needs", notCanonical()],
    ["a field too few", sealedFields({}, 12)],
    ["of version 1, which has no mass: its mass is 1", sealedFields({ 0: 1 }, 12)],
    ["another version", sealedFields({ 0: 3 })],
    ["a mass of 0", sealedFields({ 12: 0 })],
    ["a mass above 2^20", sealedFields({ 12: 2 ** 20 + 1 })],
    ["a mass above the one that a model may have", sealedFields({ 12: 2 })],
    ["an age above 2^48", sealedFields({ 10: 2 ** 48 + 1 })],
    ["a note that is not 64 bytes", sealedFields({ 7: filled(0, 63) })],
    ["of another task", sealedFields(otherTask)],
    ["of another task and not signed: the task is looked at first", unsigned(sealedFields(otherTask))],
    ["the receiver's own", encodeAnnouncement(draft(), READER)],
    ["the same again", ANNOUNCEMENT, ANNOUNCEMENT],
    ["a model that this author announced before, in a later entry", sealedFields({ 4: 5 }), ANNOUNCEMENT],
    ["a body of another length", sealedFields(wrongLength)],
    ["a body of another length and not signed: the length is looked at first", unsigned(sealedFields(wrongLength))],
    ["not signed by its author", unsigned(ANNOUNCEMENT)],
    ["its checkpoint is not signed by its author", sealedFields({ 7: filled(0, 64) })],
    ["by a banned key", encodeAnnouncement(draft(), SUCCESSOR)],
    ["another model in the same place: evidence", sealedFields({ 8: filled(0x55) }), ANNOUNCEMENT],
  ];
}

function bodies(): [why: string, body: Uint8Array][] {
  const body = CODEC.encode(INITIAL);
  const header = body.subarray(0, body.length - 4 * INITIAL.length);
  const withFirst = (value: number) => concatBytes(header, bytesOf(INITIAL.with(0, value)));
  return [
    ["the initial parameters", body],
    ["a byte short", body.subarray(0, -1)],
    ["a byte long", concatBytes(body, filled(0, 1))],
    ["another task in its header", body.with(60, (body[60] as number) ^ 1)],
    ["a NaN", withFirst(Number.NaN)],
    ["an infinity", withFirst(Number.NEGATIVE_INFINITY)],
    [`a norm above ${MAX_NORM}`, withFirst(1e6)],
  ];
}

function verdictOn(sealed: Uint8Array, before: Uint8Array | undefined): Verdict {
  const book = createAnnouncementBook(
    {
      clock: { monotonicMs: () => 0 },
      crypto: nodeCrypto,
      identities: createIdentities(),
      ranks: { rankOf: () => "known" },
      budget: { pay: () => true },
    },
    {
      task: TASK_ID,
      self: READER.peerId,
      bodyBytes: CODEC,
      announcementsPerSecond: 20,
      masses: { least: 1, most: 1 },
      cycle: () => 1,
      silentCycles: 20,
      accountable: {
        isBanned: (author) => author === SUCCESSOR.peerId,
        proved: () => undefined,
        onFork() {},
        onOld() {},
      },
    },
  );
  if (before !== undefined) book.receive("neighbour", before);
  return book.receive("neighbour", sealed);
}

function codeOf(body: Uint8Array): string | null {
  try {
    validateBody(body, CODEC, MAX_NORM);
    return null;
  } catch (error) {
    if (isHearsayError(error)) return error.code;
    throw error;
  }
}

export function refusalVectors(): object {
  return {
    receiver: READER.peerId,
    banned: SUCCESSOR.peerId,
    announcements: announcements().map(([why, sealed, before]) => {
      const { verdict, code } = verdictOn(sealed, before);
      return {
        why,
        before: before === undefined ? null : toHex(before),
        sealed: toHex(sealed),
        verdict,
        code: code ?? null,
      };
    }),
    maxNorm: MAX_NORM,
    bodies: bodies().map(([why, body]) => ({ why, body: toHex(body), code: codeOf(body) })),
  };
}
