/** Peers that have nothing but their cohorts, on a simulated network in virtual time: each has a model that is its number in every coordinate. */
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { nodeSecrecy } from "../../node/secrecy.ts";
import { keyOf } from "../../protocol/base/bytes.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import { createRng } from "../../protocol/base/rng.ts";
import type { Identity, PeerId, Secrecy, Transport } from "../../protocol/base/seams.ts";
import type { Outcome } from "../../protocol/cohort/coordinator.ts";
import type { CohortSize } from "../../protocol/cohort/draw.ts";
import type { Misdeed } from "../../protocol/cohort/evidence.ts";
import { createMeeting, type Meeting } from "../../protocol/cohort/meeting.ts";
import { constantLatency } from "../../sim/network/conditions.ts";
import { createNetwork, type Network } from "../../sim/network/network.ts";
import { createVirtualClock, type VirtualClock } from "../../sim/seams/clock.ts";
import { randomBytes } from "../fuzz/mutate.ts";
import { encodeMean, TASK } from "./cohort-table.ts";

const SAY = "/test/cohort/2.0.0";
const PULL = "/test/blob/2.0.0";
const LENGTH = 8;
/** A new model comes so often. */
export const CYCLE_MS = 2000;
const LATENCY_MS = 20;
/** What an answer may take, with a vector more for each: four times what one takes. */
export const PATIENCE_MS = 250;

export interface Guest {
  readonly number: number;
  readonly identity: Identity;
  readonly transport: Transport;
  readonly meeting: Meeting;
  readonly released: Extract<Outcome, { kind: "released" }>[];
  readonly misdeeds: Misdeed[];
  /** Vectors that it serves now. */
  readonly lent: Map<string, Uint8Array>;
  /** As if its device lost power. */
  kill(): void;
}

export interface HallWorld {
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly guests: Guest[];
  /** One more, connected with all that are there. */
  add(): Guest;
  run(forMs: number): Promise<void>;
}

/** @param delayMs what an answer of this guest takes beside the way; 0 where left out. */
export function createHallWorld(cohort: CohortSize, delayMs: (number: number) => number = () => 0): HallWorld {
  const clock = createVirtualClock();
  const network = createNetwork({ clock, crypto: nodeCrypto, conditions: constantLatency(LATENCY_MS) });
  const rng = createRng("hall"); // who meets whom is the same in each run
  const secrecy = { ...nodeSecrecy, random: (length: number) => randomBytes(rng, length) };
  const guests: Guest[] = [];
  return {
    ...{ clock, network, guests },
    add() {
      const guest = createGuest({ secrecy, clock, network, cohort, number: guests.length, delayMs });
      for (const { identity } of guests) network.connect(identity.peerId, guest.identity.peerId);
      guests.push(guest);
      return guest;
    },
    run: (forMs) => clock.run(clock.now() + forMs),
  };
}

interface Place {
  readonly secrecy: Secrecy;
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly cohort: CohortSize;
  readonly number: number;
  readonly delayMs: (number: number) => number;
}

function createGuest({ secrecy, clock, network, cohort, number, delayMs }: Place): Guest {
  const identity = identityFromSeed(new Uint8Array(32).fill(number + 1));
  const transport = network.join(identity.peerId);
  const ending = new AbortController();
  const [released, misdeeds, lent] = [[] as Guest["released"], [] as Misdeed[], new Map<string, Uint8Array>()];
  const late = () => new Promise<void>((resolve) => void clock.after(delayMs(number), resolve));
  const meeting = createMeeting(
    { clock, identity, crypto: nodeCrypto, secrecy },
    {
      ...{ task: TASK, cohort, vectorBytes: 4 * LENGTH, signal: ending.signal },
      neighbours: () => transport.peers(),
      request: (peer, sealed) => transport.request(peer, SAY, sealed),
      pull: (peer, hash) => transport.request(peer, PULL, hash),
      lend(hash, bytes) {
        lent.set(keyOf(hash), bytes);
        return () => void lent.delete(keyOf(hash));
      },
      patienceMs: (_, vectors) => PATIENCE_MS * (1 + vectors),
      encode: encodeMean,
      isBanned: () => false,
      released: (outcome) => void released.push(outcome),
      onMisdeed: (misdeed) => void misdeeds.push(misdeed),
    },
  );
  transport.onRequest(SAY, async (from: PeerId, sealed) => {
    await late();
    return meeting.handle(from, sealed);
  });
  transport.onRequest(PULL, (_, hash) => {
    const bytes = lent.get(keyOf(hash));
    if (bytes === undefined) throw new HearsayError("ERR_NOT_FOUND", "not lent");
    return bytes;
  });
  let age = 0;
  const cycle = () => {
    if (ending.signal.aborted) return;
    age += 10;
    meeting.offer(new Float32Array(LENGTH).fill(number), age);
    clock.after(CYCLE_MS, cycle);
  };
  clock.after((number * 97) % CYCLE_MS, cycle);
  const kill = () => {
    ending.abort();
    network.leave(identity.peerId);
  };
  return { number, identity, transport, meeting, released, misdeeds, lent, kill };
}
