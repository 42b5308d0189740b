/**
 * Pulls of a peer that pays for bytes. It is told of models seldom (news.ts), so the one that it was told of last may be old by now, or gone. Then the author is asked for its
 * newest announcement first, which costs less than to hear of every model:
 *
 *     it has trained more often since than the task's cut-off of staleness, by the time that passes for a step of its age
 *     it does not have the model any more
 */
import { equalBytes } from "../../base/bytes.ts";
import { isHearsayError } from "../../base/errors.ts";
import type { Clock, PeerId, Transport } from "../../base/seams.ts";
import { decodeHelloAnswer, encodeHelloRequest, HELLO_PROTOCOL } from "../../wire/messages.ts";
import type { Identities } from "../memory/identities.ts";
import type { TopicService } from "../services.ts";
import type { Announced } from "../stages.ts";
import type { Subject } from "../subject.ts";
import { isSamePosition } from "./announcement-order.ts";
import type { Fetch } from "./fetch.ts";
import { AGENT } from "./greet.ts";
import type { News } from "./news.ts";

export interface LateFetchComponents {
  readonly fetcher: Fetch;
  readonly news: Pick<News, "isPaying">;
  readonly identities: Pick<Identities, "get">;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly transport: Pick<Transport, "request">;
  readonly subject: Pick<Subject, "task" | "taskId">;
  /** Where announcements come in. */
  readonly receive: TopicService["handle"];
}

export function createLateFetch(components: LateFetchComponents): Fetch {
  const { fetcher, news } = components;
  const late: Fetch = async (told, signal, maxNorm) => {
    const newer = isOld(components, told) ? await newerThan(components, told, signal) : undefined;
    try {
      return await fetcher(newer ?? told, signal, maxNorm);
    } catch (error) {
      if (newer !== undefined || !isHearsayError(error, "ERR_NOT_FOUND")) throw error;
      const last = await newerThan(components, told, signal);
      if (last === undefined) throw error;
      return fetcher(last, signal, maxNorm);
    }
  };
  return (told, signal, maxNorm) => (news.isPaying() ? late : fetcher)(told, signal, maxNorm);
}

function isOld({ identities, clock, subject }: LateFetchComponents, { author, firstSeenMs }: Announced): boolean {
  const { training, staleness } = subject.task;
  const stepMs = identities.get(author)?.slot?.stepMs;
  return stepMs !== undefined && clock.monotonicMs() - firstSeenMs > staleness.cutoff * training.steps * stepMs;
}

/** What its author announces now, where that is another model. @throws HearsayError of the request and its answer; the signal's reason. */
async function newerThan(
  components: LateFetchComponents,
  told: Announced,
  signal: AbortSignal,
): Promise<Announced | undefined> {
  await askNewest(components, told.author, signal);
  const newest = components.identities.get(told.author)?.slot?.announced;
  if (newest === undefined || (isSamePosition(newest, told) && newest.isBrief === told.isBrief)) return undefined;
  return newest;
}

/** Asks an author for its newest announcement, which is looked at like one that comes by itself; returns it where others are to be told of it. @throws HearsayError of the request and its answer; the signal's reason. */
export async function askNewest(
  { transport, subject, receive }: Pick<LateFetchComponents, "transport" | "subject" | "receive">,
  author: PeerId,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const request = encodeHelloRequest({ task: subject.taskId, agent: AGENT, newsOnly: true });
  const { task, announcement } = decodeHelloAnswer(
    await transport.request(author, HELLO_PROTOCOL, request, { signal }),
  );
  if (announcement === undefined || !equalBytes(task, subject.taskId)) return undefined;
  const { verdict, relay = true } = receive(author, announcement);
  return verdict === "accept" && relay ? announcement : undefined;
}
