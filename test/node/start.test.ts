/** How a peer ends: everything it opened is closed, whatever fails on the way. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { loadPeerData } from "../../node/data/share.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { openStore } from "../../node/disk/store.ts";
import { type RunningPeer, startPeer } from "../../node/start.ts";
import type { StartOptions } from "../../node/start-options.ts";
import { parseTask } from "../../protocol/task/manifest.ts";

const TASK = parseTask(parse(TEMPLATES.digits.yaml));

describe("a peer", () => {
  let root: string;
  let options: Omit<StartOptions, "stateDir">;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "hearsay-start-"));
    const shared = { dataset: "digits", holdout: 0.2, holdoutBy: "chance", partition: "iid", seed: 1 } as const;
    const { train } = await loadPeerData({ ...shared, share: "1/8" }, TASK);
    options = {
      ...{ task: TASK, train, engine: "auto", minCycleMs: 20, maxOutbound: 8, mdns: false },
      ...{ listen: ["/ip4/127.0.0.1/tcp/0"], bootstrap: [] },
    };
  });
  after(() => rm(root, { recursive: true }));

  /** Whether something listens at the first address of a peer. */
  function listens(address: string): Promise<boolean> {
    const port = Number(/\/tcp\/(\d+)\//.exec(address)?.[1]);
    return new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.unref();
    });
  }

  /** Another process may have the directory, and nobody is listened to any more. */
  async function hasLetGo({ stateDir, address }: { stateDir: string; address: string }): Promise<void> {
    assert.equal(await listens(address), false);
    await (await openStore(join(stateDir, "db"))).close();
  }

  async function start(name: string): Promise<{ running: RunningPeer; stateDir: string; address: string }> {
    const stateDir = join(root, name);
    const running = await startPeer({ ...options, stateDir });
    const [address = ""] = running.addresses();
    assert.ok(await listens(address));
    return { running, stateDir, address };
  }

  it("that cannot write its model closes the network and the database all the same, and says why", async () => {
    const { running, stateDir, address } = await start("no-model");
    await rm(join(stateDir, "model.safetensors"), { force: true });
    await mkdir(join(stateDir, "model.safetensors"), { recursive: true });
    await assert.rejects(running.stop(), { code: "EISDIR" });
    await hasLetGo({ stateDir, address });
    await assert.rejects(running.stop(), { code: "EISDIR" });
  });

  it("whose database fails says so once, and closes the network", async () => {
    const { running, stateDir, address } = await start("no-database");
    await running.store.close();
    await assert.rejects(running.done, /the store is closed/);
    assert.ok(await listens(address), "until it is stopped");
    await running.stop();
    await hasLetGo({ stateDir, address });
  });

  it("is given rows or a trainer of its own, one of the two", async () => {
    const { train: _, ...rest } = options;
    const stateDir = join(root, "untrained");
    await assert.rejects(startPeer({ ...rest, stateDir }), { code: "ERR_CONFIG", message: /`train`.*`trainer`/ });
    await (await openStore(join(stateDir, "db"))).close();
  });

  it("that cannot start lets go of what it had opened", async () => {
    const { running, address } = await start("first");
    const listen = [address.replace(/\/p2p\/.*/, "")];
    const stateDir = join(root, "second");
    await assert.rejects(startPeer({ ...options, stateDir, listen }), { code: "ERR_CONFIG" });
    await (await openStore(join(stateDir, "db"))).close();
    await running.stop();
  });

  it("whose training hangs is ended all the same", async () => {
    const stateDir = join(root, "slow");
    const never = new Promise<never>(() => {});
    const running = await startPeer({
      ...{ ...options, stateDir },
      wrapTrainer: (trainer) => ({ ...trainer, fit: () => never }),
    });
    const [address = ""] = running.addresses();
    await running.stop().catch(() => {}); // the training is given three seconds
    await hasLetGo({ stateDir, address });
  });
});
