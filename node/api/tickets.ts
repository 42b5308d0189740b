/**
 * Addresses that open the page once. `hearsay open` gives one to the browser as an argument, which any user of the machine can see in the list of processes: a
 * ticket in it is worth nothing once the page has opened, or a minute later. The page exchanges it for its key.
 */
import type { FastifyInstance } from "fastify";
import { wallClock } from "../clock.ts";
import { type PageAddresses, pageAddress } from "./page-address.ts";
import { bearerOf, newToken } from "./tokens.ts";

export interface Tickets {
  issue(): string;
  /** Whether it holds; from now on it does not. */
  redeem(ticket: string): boolean;
}

const VALID_MS = 60_000;
const MOST_OPEN = 16;
const UNAUTHORIZED = 401;
/** How the page tells it from a key. */
const PREFIX = "once.";

/** @param monotonicMs never set back */
export function createTickets(monotonicMs: () => number): Tickets {
  const open = new Map<string, number>();
  return {
    issue() {
      const ticket = PREFIX + newToken();
      open.set(ticket, monotonicMs() + VALID_MS);
      if (open.size > MOST_OPEN) open.delete(open.keys().next().value as string);
      return ticket;
    },
    redeem(ticket) {
      const untilMs = open.get(ticket) ?? Number.NEGATIVE_INFINITY;
      open.delete(ticket);
      return monotonicMs() < untilMs;
    },
  };
}

/** Adds the route at which the page exchanges a ticket. @returns what the addresses are, with a new ticket each time */
export function serveTickets(server: FastifyInstance, key: string): (url: string) => PageAddresses {
  const tickets = createTickets(wallClock.monotonicMs);
  server.post("/page/key", { config: { access: "anybody" } }, async ({ headers }, reply) => {
    if (tickets.redeem(bearerOf(headers.authorization))) return { key };
    return reply.code(UNAUTHORIZED).send({ error: "this address has opened the page before, or is too old" });
  });
  return (url) => ({ address: pageAddress(url, key), once: pageAddress(url, tickets.issue()) });
}
