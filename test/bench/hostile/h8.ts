import { setTimeout as sleep } from "node:timers/promises";
import { multiaddr } from "@multiformats/multiaddr";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { withMembers } from "../../support/members.ts";
import type { HostileRow } from "./row.ts";

const STRANGERS = 43;
const LOOK_MS = 20_000;

export const row: HostileRow = {
  id: "H8",
  attack: `${STRANGERS} idle strangers connect to a peer before it has met its bootstrap peer`,
  before: "the bootstrap peer is never dialled",
  async measure() {
    let said = "";
    await withMembers(async ({ stranger, member }) => {
      const victim = await member();
      const strangers = await Promise.all(Array.from({ length: STRANGERS }, stranger));
      for (const { node } of strangers) await node.dial(multiaddr(victim.address));
      const bootstrap = await stranger();
      const fromMs = performance.now();
      victim.book.configure(bootstrap.id, bootstrap.address.replace(/\/p2p.*/, ""));
      while (!victim.transport.peers().includes(bootstrap.id) && performance.now() - fromMs < LOOK_MS) await sleep(50);
      const isMet = victim.transport.peers().includes(bootstrap.id);
      const tookMs = Math.round(performance.now() - fromMs);
      said = `${isMet ? `dialled after ${tookMs} ms` : "not dialled"}; newcomers that do not greet leave after ${LIMITS.greetWithinMs / 1000} s`;
    });
    return said;
  },
};
