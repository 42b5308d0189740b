/**
 * Addresses that the owner of this peer gave without saying whose they are: whoever answers there becomes known by name. One list for all machines has
 * the address of this very peer too. It is dialled ever more rarely: after 5 s, 10 s ... an hour, since the address may become another's, and the
 * name of a service leads to one machine now and to another then.
 */
import type { Clock, Transport } from "../base/seams.ts";
import type { AddressBook } from "./address-book.ts";
import { doubledMs, REDIAL_FIRST_MS, REDIAL_SOON_MS } from "./card.ts";

const SELF_LONGEST_MS = 3_600_000;

export interface NamelessParts {
  readonly clock: Clock;
  readonly transport: Pick<Transport, "dial">;
  readonly book: AddressBook;
}

export interface Nameless {
  /** Dials those whose time has come: after each failure a little later, at most REDIAL_SOON_MS. */
  dialDue(): void;
}

interface Waiting {
  readonly address: string;
  dueMs: number;
  failures: number;
  /** How often it led to this peer itself. */
  selves: number;
  busy: boolean;
}

export function createNameless(parts: NamelessParts, addresses: readonly string[]): Nameless {
  const waiting = new Set(
    addresses.map((address): Waiting => ({ address, dueMs: 0, failures: 0, selves: 0, busy: false })),
  );
  return {
    dialDue() {
      const nowMs = parts.clock.monotonicMs();
      for (const one of waiting) {
        if (one.dueMs > nowMs || one.busy) continue;
        one.busy = true;
        void dial(parts, one).then((isFound) => isFound && waiting.delete(one));
      }
    },
  };
}

/** Whether somebody was found. */
async function dial({ clock, transport, book }: NamelessParts, one: Waiting): Promise<boolean> {
  try {
    const { peer } = await transport.dial(one.address);
    if (peer === book.self) {
      one.dueMs = clock.monotonicMs() + doubledMs(REDIAL_SOON_MS, ++one.selves, SELF_LONGEST_MS);
      one.busy = false;
      return false;
    }
    book.configure(peer, one.address);
    book.reached(peer, one.address);
    book.connected(peer);
    return true;
  } catch {
    one.dueMs = clock.monotonicMs() + REDIAL_FIRST_MS * Math.min(++one.failures, REDIAL_SOON_MS / REDIAL_FIRST_MS);
    one.busy = false;
    return false;
  }
}
