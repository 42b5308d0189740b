/** The links over which this node asks others (link-asking.ts): one for each connection, opened when it is first needed. */
import type { Connection } from "@libp2p/interface";
import { LIMITS } from "../../protocol/base/limits.ts";
import { untilAborted } from "../../protocol/base/until-aborted.ts";
import { wallClock } from "../clock.ts";
import { createFrameMemory, type FrameMemory } from "./frame-memory.ts";
import { type AskingLink, type LinkAnswer, openLink } from "./link-asking.ts";
import { STATUS } from "./link-messages.ts";

export interface Links {
  /**
   * Asks over the link of a connection; undefined where its other end serves no links, or not this protocol over them.
   * @throws as `AskingLink.ask`, and what opening a stream does.
   */
  ask(connection: Connection, protocol: string, body: Uint8Array, signal: AbortSignal): Promise<LinkAnswer | undefined>;
  /** Sends an announcement over the link of a connection; false where its other end serves none. @throws as `ask`. */
  announce(connection: Connection, topic: string, body: Uint8Array): Promise<boolean>;
  /** Tells numbers over the link of a connection; nothing where its other end serves none. @throws as `ask`. */
  tell(connection: Connection, topic: string, numbers: readonly number[]): Promise<void>;
  /** Whether the other end serves no links. */
  isWithout(connection: Connection): boolean;
  /** As `Transport.recycle`. */
  recycle(answer: Uint8Array): void;
}

/** What is known of a connection. */
interface Known {
  readonly memory: FrameMemory;
  link: AskingLink | undefined;
  opening: Promise<AskingLink | undefined> | undefined;
  /** Until when its other end is not asked for a link: it serves none. */
  withoutUntilMs: number;
}

/** An older peer serves no links; one that has just started will in a moment. */
const ASK_AGAIN_MS = 60_000;

export function createLinks(): Links {
  const memory = createFrameMemory();
  const links = new WeakMap<Connection, Known>();
  return {
    async ask(connection, protocol, body, signal) {
      const link = await linkOf({ links, memory }, connection, signal);
      if (link === undefined) return undefined;
      const answer = await askOver(link, protocol, body, signal);
      return answer.status === STATUS.notServed ? undefined : answer;
    },
    async announce(connection, topic, body) {
      const link = await linkOf({ links, memory }, connection, AbortSignal.timeout(LIMITS.requestTimeoutMs));
      link?.announce(topic, body);
      return link !== undefined;
    },
    async tell(connection, topic, numbers) {
      const link = await linkOf({ links, memory }, connection, AbortSignal.timeout(LIMITS.requestTimeoutMs));
      link?.tell(topic, numbers);
    },
    isWithout: (connection) => (links.get(connection)?.withoutUntilMs ?? 0) > 0,
    recycle: memory.recycle,
  };
}

/** The link that is open, or a new one; undefined where the other end serves none. */
async function linkOf(
  { links, memory }: { readonly links: WeakMap<Connection, Known>; readonly memory: FrameMemory },
  connection: Connection,
  signal: AbortSignal,
): Promise<AskingLink | undefined> {
  const known = links.get(connection) ?? { memory, link: undefined, opening: undefined, withoutUntilMs: 0 };
  links.set(connection, known);
  return known.link?.isOpen ? known.link : opened(connection, known, signal);
}

/** A new link; those who wait for one at the same time get the same. */
function opened(connection: Connection, known: Known, signal: AbortSignal): Promise<AskingLink | undefined> {
  if (known.opening === undefined && known.withoutUntilMs > wallClock.monotonicMs()) return Promise.resolve(undefined);
  known.opening ??= open(connection, known).finally(() => {
    known.opening = undefined;
  });
  return untilAborted(known.opening, signal);
}

async function open(connection: Connection, known: Known): Promise<AskingLink | undefined> {
  try {
    known.link = await openLink(connection, known.memory, AbortSignal.timeout(LIMITS.requestTimeoutMs));
    known.withoutUntilMs = 0;
    return known.link;
  } catch (error) {
    if (!(error instanceof Error && error.name === "UnsupportedProtocolError")) throw error;
    known.withoutUntilMs = wallClock.monotonicMs() + ASK_AGAIN_MS;
    return undefined;
  }
}

/** A link over which nothing at all comes while one waits for an answer, until it is too late, is dead. */
async function askOver(link: AskingLink, protocol: string, body: Uint8Array, signal: AbortSignal): Promise<LinkAnswer> {
  const before = link.heard;
  try {
    return await link.ask(protocol, body, signal);
  } catch (error) {
    const isLate = signal.aborted && signal.reason instanceof DOMException && signal.reason.name === "TimeoutError";
    if (isLate && link.heard === before) link.end(new Error("nothing comes over this link"));
    throw error;
  }
}
