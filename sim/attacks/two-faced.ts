/**
 * Liars that hand each receiver a model of its own, made for it alone.
 *
 * Whenever an honest peer has trained, the coalition crafts one lie for it, and every liar that is connected to it
 * tells it so: an announcement for this neighbour only, and a body that the liar serves. The receiver thus finds a
 * fresh lie of every liar when it draws for its next cycle, as if the liar had seen its model just before it was
 * asked. What the liar's own peer announces goes nowhere, and it trains no more: it only provides the log entries
 * that announcements name.
 *
 * Where announcements are relayed (`flood`), receivers also hear what was meant for others, and draw the newest of
 * all: the lies are less to the point there, and cost every peer (honest peers x liars) announcements a cycle.
 */
import type { PeerId } from "../../protocol/base/seams.ts";
import type { Coalition, Disguise, HonestModel, Liar } from "./attack.ts";
import { craftingTrainer } from "./crafted.ts";
import { deliverable } from "./deliverable.ts";
import { type Body, createForger, createWire, type Forger, type Wire } from "./forger.ts";
import { withNoise } from "./noise.ts";
import { lengthOf } from "./vectors.ts";

/** A lie to one receiver, on its way. */
interface Lie {
  readonly receiver: PeerId;
  readonly params: Float32Array;
  /** The body where all liars send the same. */
  readonly body: Body | undefined;
}

/**
 * @param craft called once for each training of an honest peer that has a liar as neighbour; undefined: nothing is
 * told.
 */
export function twoFaced(
  coalition: Coalition,
  noise: number,
  craft: (receiver: HonestModel) => Float32Array | undefined,
): (liar: Liar) => Disguise {
  const wire = createWire(coalition);
  const mouths: Mouth[] = [];

  coalition.onTrained((peer) => {
    const receiver = coalition.honestModel(peer);
    const near = mouths.filter((mouth) => mouth.reaches(peer));
    const crafted = near.length > 0 && receiver ? craft(receiver) : undefined;
    if (crafted === undefined || receiver === undefined) return;
    const params = deliverable(crafted, lengthOf(receiver.params));
    const lie = { receiver: peer, params, body: noise === 0 ? wire.bodyOf(params) : undefined };
    for (const mouth of near) mouth.tell(lie);
  });

  return (liar) => {
    const mouth = createMouth(coalition, liar, wire, noise);
    mouths.push(mouth);
    return {
      transport: (transport) => mouth.forger.wrap(transport),
      trainer: (trainer) =>
        craftingTrainer(trainer, ({ params }) => (coalition.honest().length === 0 ? undefined : params)),
    };
  };
}

interface Mouth {
  readonly forger: Forger;
  /** Connected, and not told anything so lately that it would refuse to listen. */
  reaches(peer: PeerId): boolean;
  tell(lie: Lie): void;
}

function createMouth(coalition: Coalition, liar: Liar, wire: Wire, noise: number): Mouth {
  const { clock, task } = coalition;
  const leastMs = 1000 / task.limits.announcementsPerSecond;
  const toldMs = new Map<PeerId, number>();
  const forger = createForger({
    coalition,
    liar,
    wire,
    // Before it knows any honest model, the liar is an honest peer.
    outgoing: (_, { forge }) => (coalition.honest().length === 0 ? forge({}) : undefined),
    capacity: () => SPARE_BODIES + BODIES_EACH * forger.neighbours().length,
  });
  return {
    forger,
    reaches(peer) {
      const due = (toldMs.get(peer) ?? Number.NEGATIVE_INFINITY) + leastMs;
      return clock.now() >= due && forger.neighbours().includes(peer);
    },
    tell({ receiver, params, body }) {
      const own = () => {
        const spread = coalition.moments()?.spread;
        return wire.bodyOf(spread ? withNoise(params, noise, spread, liar.rng) : params);
      };
      const sealed = forger.forge({ body: body ?? own() });
      if (sealed === undefined) return;
      toldMs.set(receiver, clock.now());
      forger.tell(receiver, sealed);
    },
  };
}

/**
 * The newest lie to each neighbour, the one before that it may still be pulling, and some for neighbours that come
 * and go.
 */
const BODIES_EACH = 2;
const SPARE_BODIES = 8;
