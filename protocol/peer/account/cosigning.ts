/**
 * Cosignatures of this peer's log by others. They are wanted when the newest cosigned checkpoint is 64 entries or ten minutes old. Then one
 * checkpoint is cosigned by the first three neighbours that prove a model against it. A cosignature says that another peer has seen this log in this state. It is
 * worth as much to a reader as that peer is (`cosignersAmong`). A neighbour brings one line, in its own name and of about this
 * time. The line of a known peer (peer/memory/identities.ts) takes the seat of a newcomer, since keys are free.
 */

import { HearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import { createOneByOne } from "../../base/one-by-one.ts";
import type { Clock, Crypto, Identity, PeerId } from "../../base/seams.ts";
import type { Log } from "../../log/stored/chain.ts";
import {
  checkpointFrom,
  checkpointSignature,
  cosignaturesOf,
  cosignedAt,
  type NoteSignature,
  readCosignature,
  type SignedCheckpoint,
} from "../../log/tree/checkpoint.ts";
import type { Standing } from "../memory/identities.ts";

/** Lines of cosigners that a checkpoint travels with. */
const MAX_COSIGNERS = 3;
const COSIGNED_EVERY_ENTRIES = 64;
const COSIGNED_EVERY_MS = 600_000;

export interface Cosigning {
  /** Whether a line of `from` is wanted of the checkpoint of this size. */
  wants(size: number, from: PeerId): boolean;
  /**
   * Keeps a line that `from` brings, if it is still wanted when its turn comes; promises nothing.
   * @throws HearsayError ERR_NOT_FOUND (the log is not so long), ERR_DECODE (not one line), ERR_SIGNATURE.
   */
  bring(from: PeerId, size: number, line: string): Promise<void>;
}

export interface CosigningComponents {
  readonly log: Log;
  readonly crypto: Crypto;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly identities: Pick<Standing, "isKnown">;
}

export function createCosigning(components: CosigningComponents): Cosigning {
  const { log, clock } = components;
  let cosignedMs = Number.NEGATIVE_INFINITY;
  const inTurn = createOneByOne();

  function wants(size: number, from: PeerId): boolean {
    const before = log.cosigned()?.size ?? 0;
    if (size === before) return hasSeat(components, from);
    const due =
      log.head().size - before >= COSIGNED_EVERY_ENTRIES || clock.monotonicMs() - cosignedMs >= COSIGNED_EVERY_MS;
    return size > before && due;
  }

  async function keep(from: PeerId, size: number, line: NoteSignature): Promise<void> {
    if (size > log.head().size) throw new HearsayError("ERR_NOT_FOUND", "this log is not so long");
    if (!wants(size, from)) return;
    await log.keepCosigned(await cosignedBy(components, from, size, line));
    cosignedMs = clock.monotonicMs();
  }

  return {
    wants,
    bring(from, size, text) {
      const line = readCosignature(text);
      return inTurn(() => keep(from, size, line));
    },
  };
}

/** Whether `from` gets a seat beside, or in place of, those that cosigned the newest cosigned checkpoint. */
function hasSeat({ log, identities }: CosigningComponents, from: PeerId): boolean {
  const seated = (log.cosigned()?.signatures.slice(1) ?? []).map(({ name }) => name);
  if (seated.includes(from)) return false;
  return (
    seated.length < MAX_COSIGNERS || (identities.isKnown(from) && !seated.every((peer) => identities.isKnown(peer)))
  );
}

/** The checkpoint of this size with the new line. @throws HearsayError ERR_SIGNATURE */
async function cosignedBy(
  components: CosigningComponents,
  from: PeerId,
  size: number,
  line: NoteSignature,
): Promise<SignedCheckpoint> {
  const { log, crypto, clock } = components;
  const before = log.cosigned();
  const own = before?.size === size ? before : await ownCheckpoint(components, size);
  const seconds = line.name === from ? cosignedAt(own, line, crypto) : undefined;
  if (seconds === undefined || Math.abs(1000 * seconds - clock.now()) > LIMITS.maxClockSkewMs)
    throw new HearsayError(
      "ERR_SIGNATURE",
      "not a cosignature of this checkpoint, of about now, by the peer that brings it",
    );
  return { ...own, signatures: seatsWith(components, own.signatures, line) };
}

async function ownCheckpoint({ log, identity, crypto }: CosigningComponents, size: number): Promise<SignedCheckpoint> {
  const state = { logId: log.logId, size, root: await log.rootAt(size) };
  return checkpointFrom(state, identity.publicKey, checkpointSignature(state, identity), crypto);
}

/** The writer's line, those that were there, and the new one; where the seats are taken, a newcomer's goes. */
function seatsWith(
  { identities }: CosigningComponents,
  [own, ...seated]: readonly NoteSignature[],
  line: NoteSignature,
): NoteSignature[] {
  const full = seated.length >= MAX_COSIGNERS;
  const leaves = full ? seated.find(({ name }) => !identities.isKnown(name)) : undefined;
  return [...(own ? [own] : []), ...seated.filter((one) => one !== leaves), line];
}

/**
 * The cosigners of a checkpoint whom the reader knows, each once, by signatures that hold. Count only those of one's own sample, peers that one
 * has pulled models from: anybody can make keys that cosign anything. That such a peer has cosigned proves that it saw the log in this state
 * when it says so, and, if it is honest, no other; it does not prove that what the log says is true, nor that nobody saw another log.
 */
export function cosignersAmong(
  checkpoint: SignedCheckpoint,
  isKnown: (peer: PeerId) => boolean,
  crypto: Crypto,
): PeerId[] {
  const known = { ...checkpoint, signatures: checkpoint.signatures.filter(({ name }) => isKnown(name)) };
  return cosignaturesOf(known, crypto).map(({ peer }) => peer);
}
