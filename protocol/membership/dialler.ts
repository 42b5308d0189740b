/** Has the addresses dialled that the address book asks for, and tells it what came of each. */
import { HearsayError } from "../base/errors.ts";
import type { PeerId, Transport } from "../base/seams.ts";
import type { AddressBook } from "./address-book.ts";
import type { AddressRules } from "./addresses.ts";
import type { Dial } from "./due.ts";

/** Known peers are dialled side by side, so that those that are gone keep nobody waiting; strangers a few at a time. */
const TRUSTED_AT_ONCE = 32;
const STRANGERS_AT_ONCE = 4;

export interface Dialler {
  /** Begins, unless the peer or the address is being dialled, or too many are. */
  tryDial(dial: Dial): void;
  /** Dials that no connection has come of yet; probes are not among them. */
  pending(): Pending;
}

/** Of all peers, and of those that are not trusted. */
export interface Pending {
  readonly all: number;
  readonly strangers: number;
}

export interface DiallerParts {
  readonly transport: Pick<Transport, "dial">;
  readonly book: AddressBook;
  readonly rules: Pick<AddressRules, "resolve">;
}

export function createDialler(parts: DiallerParts): Dialler {
  const inProgress = new Map<PeerId, Dial>();
  return {
    tryDial(dial) {
      const sameAddress = [...inProgress.values()].some(({ address }) => address === dial.address);
      if (inProgress.has(dial.peer) || sameAddress) return;
      const others = [...inProgress.values()].filter(({ trusted }) => trusted === dial.trusted).length;
      if (others >= (dial.trusted ? TRUSTED_AT_ONCE : STRANGERS_AT_ONCE)) return;
      inProgress.set(dial.peer, dial);
      void run(parts, dial).finally(() => inProgress.delete(dial.peer));
    },
    pending() {
      const opening = [...inProgress.values()].filter(({ probe }) => !probe);
      return { all: opening.length, strangers: opening.filter(({ trusted }) => !trusted).length };
    },
  };
}

async function run(parts: DiallerParts, dial: Dial): Promise<void> {
  const { transport, book } = parts;
  const { peer, address, probe } = dial;
  let target = address;
  try {
    if (!dial.configured) target = await resolve(parts, dial);
    const { isThere } = await transport.dial(target, { peer, probe });
    if (isThere) book.reached(peer, address);
    if (!probe) book.connected(peer);
  } catch {
    book.failed(peer, address, target === address ? undefined : target); // the book says when to try again
  }
}

/**
 * Where an address that others told leads.
 * @throws HearsayError ERR_UNREACHABLE where it leads to no place that may be tried.
 */
async function resolve({ book, rules }: DiallerParts, { peer, address }: Dial): Promise<string> {
  const targets = await rules.resolve(address);
  const target = targets.find((one) => one === address || book.mayTry(peer, one));
  if (target !== undefined) return target;
  throw new HearsayError("ERR_UNREACHABLE", `${address} leads to no place that may be tried`);
}
