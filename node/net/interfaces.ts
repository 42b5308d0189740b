/** The network interfaces of this machine: which addresses they have, and when one comes or goes. */
import { networkInterfaces } from "node:os";

export interface Interfaces {
  /** Whether an IP address is one of this machine. */
  has(ip: string): boolean;
  stop(): void;
}

const LOOK_EVERY_MS = 1_000;

/** @param changed an address has come or gone. */
export function watchInterfaces(changed: () => void): Interfaces {
  let addresses = addressesHere();
  const timer = setInterval(() => {
    const now = addressesHere();
    if (now.join(" ") === addresses.join(" ")) return;
    addresses = now;
    changed();
  }, LOOK_EVERY_MS);
  timer.unref();
  return {
    has: (ip) => addresses.includes(ip),
    stop: () => clearInterval(timer),
  };
}

function addressesHere(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
}
