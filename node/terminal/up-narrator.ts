/** What a peer tells its user while it runs: not every cycle, but every change of fortune. */
import type { Logger } from "pino";
import { toHex } from "../../protocol/base/bytes.ts";
import type { StreamEvent } from "../../protocol/learn/stream/stream.ts";
import type { AnewReason, PeerEvent } from "../../protocol/peer/reports.ts";
import { givenUp } from "../../protocol/traffic/words.ts";
import { budgetText } from "./privacy-words.ts";

/** A line of progress at most this often. */
const PROGRESS_EVERY_MS = 10_000;

/** What is refused is told at most this often for each peer and code. */
const REFUSAL_EVERY_MS = 60_000;
/** Peers and codes whose last warning is remembered. */
const MAX_REFUSALS = 10_000;

/** Told once, until a training succeeds. */
const DIVERGED =
  "training diverged and was thrown away, and so will be the next ones: the data lie far from the task's mean and std, " +
  "or training.learningRate in the task is too high";

/** Why a log begins anew. */
const ANEW: Readonly<Record<AnewReason, string>> = {
  told: "others know more of this peer's log than its database, which has lost entries, was copied or comes from a backup",
  twin: "another process runs with this peer's key, and has just signed entries that this one does not have: stop one of the two, since both of them lose by it",
  moved: "its database was copied or comes from a backup, so that others may know more of this peer's log than it does",
  unconfirmed:
    "no neighbour that is here can say whether this peer's log is whole, as those can that knew it before it was started",
};
const GOES_ON = "it goes on with a new log, and the old one stays as it is";

/** Turns events into log lines; at level debug, all of them. */
export function narrator(logger: Logger): (event: PeerEvent) => void {
  let progressMs = performance.now();
  let alone = false;
  let diverging = false;
  const refusals = new Map<string, number>();
  return (event) => {
    const now = performance.now(); // the wall clock may be set back
    logger.debug(plainEvent(event));
    if (event.kind === "refused") {
      if (event.code === "ERR_NOT_FOUND") return; // replaced by a newer one before it was pulled: nobody's fault
      const name = `${event.peer}/${event.code}`;
      if (now - (refusals.get(name) ?? Number.NEGATIVE_INFINITY) < REFUSAL_EVERY_MS) return;
      if (refusals.size > MAX_REFUSALS) refusals.clear();
      refusals.set(name, now);
      logger.warn({ other: event.peer, code: event.code }, event.message);
    } else if (event.kind === "diverged") {
      if (!diverging) logger.warn({ cycle: event.cycle }, DIVERGED);
      diverging = true;
    } else if (event.kind === "trained") {
      diverging = false;
    } else if (event.kind === "trainer") {
      tellOfTrainer(logger, event);
    } else if (event.kind === "drift") {
      tellOfDrift(logger, event);
    } else if (event.kind === "evidence") {
      logger.warn({ other: event.peer, proves: event.proves }, `this peer is not listened to again: ${event.reason}`);
    } else if (event.kind === "generation") {
      const { generation, why } = event;
      logger[why === "unconfirmed" ? "info" : why === "twin" ? "error" : "warn"](
        { generation },
        `${ANEW[why]}: ${GOES_ON}`,
      );
    } else if (event.kind === "budget") {
      tellOfBudget(logger, event);
    } else if (event.kind === "thrift") {
      const clauses = givenUp(event);
      logger.info(
        clauses.length === 0 ? "the budget is wide enough" : `for its budget this peer ${clauses.join(", ")}`,
      );
    } else if (event.kind === "serves") {
      tellOfRelease(logger, event);
    } else if (event.kind === "waiting") {
      logger.info(
        "no neighbour that knows this peer's log has answered yet: until then what it learns is neither logged nor shown",
      );
    } else if (event.kind === "alone" && !alone) {
      alone = true;
      const { candidates, quorum } = event;
      logger.info({ candidates, quorum }, "training alone: fewer models of other peers than the quorum");
    } else if (event.kind === "merged") {
      if (alone || now - progressMs >= PROGRESS_EVERY_MS) {
        progressMs = now;
        logger.info({ cycle: event.cycle, age: event.age, candidates: event.candidates, rule: event.rule }, "merged");
      }
      alone = false;
    }
  };
}

function tellOfTrainer(logger: Logger, event: Extract<PeerEvent, { readonly kind: "trainer" }>): void {
  const { failures } = event;
  if (event.state === "well") logger.info({ failures }, "the trainer trains again");
  else {
    const again = `this peer merges what others publish, and asks the trainer again in ${event.retryMs / 1000} s`;
    logger.warn({ failures }, `no training: ${event.message}; ${again}`);
  }
}

function tellOfRelease(logger: Logger, { release, isBack }: Extract<PeerEvent, { readonly kind: "serves" }>): void {
  if (release === null) logger.warn("no release answers here any more, as the release keys say");
  else if (isBack) logger.warn({ release: release.id }, `back to release ${release.name}, as the release keys say`);
  else logger.info({ release: release.id }, `release ${release.name} answers from now on`);
}

function tellOfBudget(logger: Logger, event: Extract<PeerEvent, { readonly kind: "budget" }>): void {
  const { state, epsilon, maxEpsilon, steps } = event;
  logger[state === "open" ? "info" : "warn"]({ state, epsilon, maxEpsilon, steps }, `privacy, ${budgetText(event)}`);
}

function tellOfDrift(logger: Logger, event: StreamEvent): void {
  if (event.state === "over") {
    logger.info("the learning rate is that of the task again");
    return;
  }
  const { detector, recent, does } = event;
  const done =
    does.kind === "rate"
      ? `the learning rate is ${does.factor} times as high for ${does.forMs / 1000} s`
      : `${does.left} earlier rows have left the window`;
  logger.warn({ detector, recent }, `drift: the model has become worse on the rows that come; ${done}`);
}

/** As a line: bytes in hexadecimal, and another peer as `other`, since `peer` names the peer that writes the line. */
function plainEvent(event: PeerEvent): object {
  if (event.kind === "published") return { ...event, model: toHex(event.model) };
  if (!("peer" in event)) return event;
  const { peer: other, ...rest } = event;
  return { ...rest, other };
}
