/** What `startPeer` (start.ts) opens to learn: the trainer, and rows that go on coming. Each hands what it opened to `closing` at once. */
import { plainAggregator } from "../protocol/aggregate/registry.ts";
import { HearsayError } from "../protocol/base/errors.ts";
import type { Trainer } from "../protocol/base/learning-seams.ts";
import type { Store } from "../protocol/base/seams.ts";
import { createFollowing, type Following } from "../protocol/learn/stream/following.ts";
import type { StreamEvent } from "../protocol/learn/stream/stream.ts";
import { wallClock } from "./clock.ts";
import type { Closing } from "./closing.ts";
import { type LearningThread, startEngine } from "./engines/client.ts";
import { startExternal } from "./engines/external/open.ts";
import { startOnThisThread } from "./engines/one-thread.ts";
import { AUTO } from "./engines/registry.ts";
import type { StartOptions } from "./start-options.ts";

/** What trains: an engine in a thread, a program of the owner's, or a trainer of the caller's. @throws HearsayError ERR_CONFIG unless it is one of these. */
export async function openEngine(
  { task, stateDir, train, holdout, engine: choice = AUTO, engineThread = true, trainer, external, warn }: StartOptions,
  closing: Closing,
): Promise<LearningThread> {
  if (external !== undefined) {
    const learning = await startExternal(task, { ...external, stateDir });
    closing.add("the trainer", () => learning.close());
    return learning;
  }
  if ((train === undefined) === (trainer === undefined))
    throw new HearsayError(
      "ERR_CONFIG",
      "give `train`, rows to train on, or `trainer`, a Trainer of your own: one of the two",
    );
  const learning =
    train === undefined
      ? inPlace(trainer as Trainer)
      : await (engineThread ? startEngine : startOnThisThread)({
          task,
          train,
          ...(holdout && { holdout }),
          engine: choice,
        });
  closing.add("the training engine", () => learning.close());
  if (learning.warning !== undefined) warn?.(learning.warning);
  return learning;
}

/**
 * Rows that go on coming, before each training; undefined where they do not. @param model what predictions are made with now.
 * @throws HearsayError ERR_CONFIG, ERR_DATA for a source that cannot be followed.
 */
export async function openFollowing(
  { task, stateDir, follow, warn, observe }: StartOptions,
  { store, trainer, model }: { readonly store: Store; readonly trainer: Trainer; readonly model: () => Float32Array },
  closing: Closing,
): Promise<Following | undefined> {
  if (follow === undefined) return undefined;
  if (task.privacy?.mechanism !== undefined)
    throw new HearsayError(
      "ERR_CONFIG",
      "stream.follow: the privacy budget of this task counts on rows that are all there; leave --follow out",
    );
  const stream = await follow({ task, stateDir, store, clock: wallClock, ...(warn && { warn }) });
  closing.add("the stream of rows", stream.close);
  const tell = { tell: (event: StreamEvent) => observe?.(event) };
  const tested = task.personal === undefined && { model }; // else what is served is not whole
  return createFollowing(
    { ...stream.parts, ...tell, ...tested, trainer, clock: wallClock },
    stream.options,
    stream.past,
  );
}

/** A trainer of the caller's, on the thread of the caller. */
function inPlace(trainer: Trainer): LearningThread {
  return { trainer, aggregator: plainAggregator, close: () => trainer.close() };
}
