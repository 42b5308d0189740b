/** Real peers of end-to-end tests that can be named before they have ever run, so that each can be told of all others. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openStore } from "../../node/disk/store.ts";
import { loadOrCreateIdentity } from "../../node/keys/keys.ts";
import type { Lab } from "./process.ts";

export interface Site {
  readonly name: string;
  readonly peerId: string;
  readonly listen: string;
  /** `listen`, with the peer id. */
  readonly address: string;
}

/** Its key, the empty database that belongs to it, and an address of the loopback network that no other process takes. @param number from 1, of this test process. */
export async function prepareSite(lab: Lab, name: string, number: number): Promise<Site> {
  const state = lab.path(name);
  await mkdir(state, { mode: 0o700 });
  const { identity } = await loadOrCreateIdentity(join(state, "key"));
  await (await openStore(join(state, "db"))).close();
  const listen = `/ip4/127.21.${process.pid % 256}.${number}/tcp/4001`;
  return { name, peerId: identity.peerId, listen, address: `${listen}/p2p/${identity.peerId}` };
}
