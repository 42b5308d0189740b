/**
 * A peer in quiet hours is away: it trains nothing, closes its connections, dials nobody, lets nobody in, and asks nobody by multicast. Nothing of it is lost, and
 * its local interface answers. When they are over it dials whom it knew.
 */

import { HearsayError } from "../../protocol/base/errors.ts";
import type { Trainer } from "../../protocol/base/learning-seams.ts";
import type { Clock } from "../../protocol/base/seams.ts";
import { trainedOtherwise } from "../../protocol/base/trained-otherwise.ts";

export interface QuietPeer {
  /** Trains when the quiet hours are over. */
  readonly trainer: Trainer;
  /** A training that waits rejects, as where its engine was closed; nothing is looked at any more. */
  stop(): void;
}

export interface QuietParts {
  readonly clock: Pick<Clock, "after">;
  readonly isQuiet: () => boolean;
  readonly trainer: Trainer;
  /** Closes every connection; no other comes while it is quiet. */
  readonly leave: () => void;
  /** The network is wanted again. */
  readonly comeBack: () => void;
}

/** Windows begin and end with a minute. */
const LOOK_EVERY_MS = 1_000;

/** Looks at the clock every second: machines sleep, and clocks are set. */
export function keepQuiet({ clock, isQuiet, trainer, leave, comeBack }: QuietParts): QuietPeer {
  const waiting = new Set<PromiseWithResolvers<void>>();
  let wasQuiet = false;
  let cancel = () => {};
  const look = () => {
    cancel = clock.after(LOOK_EVERY_MS, look);
    const quiet = isQuiet();
    if (quiet === wasQuiet) return;
    wasQuiet = quiet;
    if (quiet) return leave();
    for (const one of waiting) one.resolve();
    waiting.clear();
    comeBack();
  };
  look();
  return {
    trainer: trainedOtherwise(trainer, async (request) => {
      if (wasQuiet) {
        const turn = Promise.withResolvers<void>();
        waiting.add(turn);
        await turn.promise;
      }
      return trainer.fit(request);
    }),
    stop() {
      cancel();
      for (const one of waiting) one.reject(new HearsayError("ERR_ENGINE", "the peer ended in its quiet hours"));
      waiting.clear();
    },
  };
}
