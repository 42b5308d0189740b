/** Answers greetings (greet.ts), and greets back whoever has not answered yet. */
import { equalBytes } from "../../base/bytes.ts";
import { isHearsayError } from "../../base/errors.ts";
import type { Clock, PeerId, Transport } from "../../base/seams.ts";
import {
  decodeHelloRequest,
  encodeHelloAnswer,
  HELLO_PROTOCOL,
  type HelloRequest,
  type LogPosition,
} from "../../wire/messages.ts";
import type { Budget } from "../memory/budget.ts";
import type { RequestService } from "../services.ts";
import type { Subject } from "../subject.ts";
import type { Acquaintance } from "./acquaintance.ts";
import { AGENT, otherTask } from "./greet.ts";
import type { News } from "./news.ts";
import { paidService } from "./serve.ts";

/** So long the answer has to reach a peer that is left. */
const LEAVE_AFTER_MS = 1_000;

export interface HelloComponents {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly budget: Budget;
  readonly subject: Subject;
  readonly acquaintance: Acquaintance;
  readonly news: Pick<News, "wish">;
}

export interface HelloOptions {
  /** Whether this peer serves models with their proofs. */
  readonly servesPulls: boolean;
  /** Whether this peer hears briefs. */
  readonly hearsBriefs?: boolean;
  /** The newest publication of another of which this peer knows by a brief alone, where it has signed nothing newer. */
  heardOf?(peer: PeerId): LogPosition | undefined;
  /** What the owner of this peer calls it; left out where it has no name. */
  readonly name?: string;
  /** This peer's newest announcement, as it is told to that peer. */
  latest(peer: PeerId): Uint8Array | undefined;
  /** The newest announcement of another that this peer knows: told to that one when it greets. */
  newestOf(peer: PeerId): Uint8Array | undefined;
  greet(peer: PeerId): void;
}

export interface HelloService {
  readonly service: RequestService;
  /** Greets the peers that are connected, and from now on every peer that connects. */
  start(): void;
}

export function createHelloService(components: HelloComponents, options: HelloOptions): HelloService {
  const { transport, budget, acquaintance } = components;
  const service = paidService(budget, {
    protocol: HELLO_PROTOCOL,
    decode: (body, from) => theirHello(components, from, body),
    costOf: () => 0.2,
    bytesPerUnit: 16_384,
    answer: (from, hello) => answer(components, options, from, hello),
  });
  return {
    service,
    start() {
      transport.onConnect((peer) => {
        acquaintance.connected(peer);
        options.greet(peer);
      });
      for (const peer of transport.peers()) options.greet(peer); // connected before the log was open
    },
  };
}

/** @throws HearsayError ERR_VERSION, which the asker is told, and what else a decoder throws. */
function theirHello(components: HelloComponents, from: PeerId, body: Uint8Array): HelloRequest {
  try {
    return decodeHelloRequest(body);
  } catch (error) {
    if (isHearsayError(error, "ERR_VERSION")) {
      components.acquaintance.refuse(from, error);
      leaveLater(components, from);
    }
    throw error;
  }
}

function answer(
  components: HelloComponents,
  options: HelloOptions,
  from: PeerId,
  { task, newsOnly }: HelloRequest,
): Uint8Array {
  const { transport, subject, acquaintance, news } = components;
  const { latest, newestOf, greet, servesPulls, name, hearsBriefs = false, heardOf } = options;
  if (!equalBytes(task, subject.taskId)) {
    acquaintance.refuse(from, otherTask(subject, task)); // answered all the same: the asker learns our task, and leaves
    leaveLater(components, from);
  } else {
    transport.keep(from);
    if (!acquaintance.hasAnswered(from)) greet(from); // it was not ready for ours, perhaps
  }
  const announcement = latest(from);
  const common = { task: subject.taskId, agent: AGENT, ...(announcement && { announcement }) };
  if (newsOnly) return encodeHelloAnswer(common);
  const [yours, newsEveryS, heard] = [newestOf(from), news.wish(from), heardOf?.(from)];
  return encodeHelloAnswer({
    ...common,
    ...(yours && { yours }),
    ...(servesPulls && { servesPulls, ...(name !== undefined && { name }) }),
    ...(newsEveryS !== undefined && { newsEveryS }),
    ...(hearsBriefs && { hearsBriefs, ...(heard && { heard }) }),
  });
}

function leaveLater({ transport, clock }: HelloComponents, peer: PeerId): void {
  clock.after(LEAVE_AFTER_MS, () => transport.shun(peer));
}
