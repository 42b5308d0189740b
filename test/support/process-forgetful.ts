/** One process of test/e2e/fork.test.ts: a real peer that does not listen to what others know of its log. */
import { join } from "node:path";
import { nodeCrypto } from "../../node/crypto.ts";
import { loadPeerData } from "../../node/data/share.ts";
import { findPlace } from "../../node/disk/place.ts";
import { openStore } from "../../node/disk/store.ts";
import { loadOrCreateIdentity } from "../../node/keys/keys.ts";
import type { DataConfig } from "../../node/settings/table.ts";
import { startPeer } from "../../node/start.ts";
import type { Task } from "../../protocol/base/task.ts";
import { encodeTask, parseTask } from "../../protocol/task/manifest.ts";
import { forgetful, lastAnnounced } from "./forgetful.ts";

export interface ForgetfulAssignment {
  readonly stateDir: string;
  /** The manifest as people write it. */
  readonly task: unknown;
  readonly data: DataConfig;
  readonly bootstrap: readonly string[];
  readonly minCycleMs: number;
  /** Nobody can call it, and it calls nobody but the first of `bootstrap`. */
  readonly oneNeighbour: boolean;
}

/** Its models, as they are published, and the end of it. */
export type ForgetfulReport =
  | { readonly kind: "published"; readonly model: string }
  | { readonly kind: "ended"; readonly code: string };

async function live({
  stateDir,
  task: source,
  data,
  bootstrap,
  minCycleMs,
  oneNeighbour,
}: ForgetfulAssignment): Promise<void> {
  const task = parseTask(source);
  const { train, holdout } = await loadPeerData(data, task);
  const { done } = await startPeer({
    stateDir,
    task,
    train,
    ...(holdout && { holdout }),
    engine: "auto",
    listen: oneNeighbour ? [] : ["/ip4/127.0.0.1/tcp/0"],
    bootstrap,
    mdns: false,
    minCycleMs,
    maxOutbound: oneNeighbour ? 1 : 8,
    wrapTransport: forgetful(await claimPlace(stateDir, task)),
    observe(event) {
      if (event.kind === "published") say({ kind: "published", model: Buffer.from(event.model).toString("hex") });
    },
  });
  await done;
}

/** Makes a copied directory look like one that stayed where it was; the newest announcement of its log. */
async function claimPlace(stateDir: string, task: Task): Promise<Uint8Array | undefined> {
  const database = join(stateDir, "db");
  const { identity } = await loadOrCreateIdentity(join(stateDir, "key"));
  const store = await openStore(database);
  const { changes } = await findPlace(database, store);
  if (changes.length > 0) await store.write(changes);
  const announced = await lastAnnounced(store, identity, nodeCrypto.sha256(encodeTask(task)));
  await store.close();
  return announced;
}

function say(report: ForgetfulReport): void {
  if (process.connected) process.send?.(report);
}

process.once("message", (assignment: ForgetfulAssignment) => {
  live(assignment).catch((error: unknown) => {
    const { code = String(error) } = error as { code?: string };
    say({ kind: "ended", code });
    process.disconnect?.();
  });
});
process.on("disconnect", () => process.exit(0)); // no peer outlives the test
