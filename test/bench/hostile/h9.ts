import { LIMITS } from "../../../protocol/base/limits.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { openAddressBook } from "../../../protocol/membership/address-book.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";
import type { HostileRow } from "./row.ts";

const MINUTES = 60;
const VICTIM = "/ip4/9.9.9.9/tcp/80";

export const row: HostileRow = {
  id: "H9",
  attack: "24,000 invented peers are told to an address book in an hour, half of them at one victim's service",
  before:
    "10,000 names evict the bootstrap peer; honest newcomers are shut out; answers of 32 hold 0 to 3 living peers; 8 attempts a second, for ever",
  async measure() {
    let nowMs = 0;
    const clock = { now: () => 0, monotonicMs: () => nowMs, after: () => () => {} };
    const placeOf = (text: string) => {
      const host = text.split("/")[2] ?? "";
      return { host, prefix: host.split(".").slice(0, 3).join("."), isLocal: false };
    };
    const book = await openAddressBook({
      clock,
      rng: createRng("h9"),
      store: createMemoryStore(),
      self: "self",
      placeOf,
    });
    book.configure("bootstrap", "/ip4/7.7.7.7/tcp/1");
    for (let i = 0; i < LIMITS.maxPeersExchanged; i++) {
      const address = `/ip4/6.6.${i}.1/tcp/1`;
      book.learn(`living ${i}`, [address], { name: "friend" });
      book.reached(`living ${i}`, address);
      book.connected(`living ${i}`);
    }
    let attempts = 0;
    for (let minute = 0; minute < MINUTES; minute++) {
      for (let i = 0; i < 24_000 / MINUTES; i++) {
        const address = i % 2 === 0 ? VICTIM : `/ip4/9.${minute}.${i % 256}.1/tcp/1`;
        book.learn(`invented ${minute} ${i}`, [address], { name: `liar ${i % 50}` });
      }
      for (let second = 0; second < 60; second++, nowMs += 1000) {
        for (const dial of book.due().slice(0, 4)) {
          if (dial.address === VICTIM) attempts++;
          book.failed(dial.peer, dial.address);
        }
      }
    }
    const living = book.reachable(LIMITS.maxPeersExchanged).filter(({ peer }) => peer.startsWith("living")).length;
    const bootstrap = book.addressesOf("bootstrap").length === 1 ? "stays" : "is evicted";
    const newcomer = book.learn("newcomer", ["/ip4/5.5.5.5/tcp/1"], { name: "5.5.5" }) ? "gets in" : "is shut out";
    return `the bootstrap peer ${bootstrap}, an honest newcomer ${newcomer}; an answer of 32 holds ${living} living peers; ${attempts} attempts at the victim in an hour`;
  },
};
