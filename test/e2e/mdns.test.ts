/** Discovery. Peers find each other by multicast: in a network namespace that has only `lo`, so that no packet leaves the machine. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { StatusReport } from "../../node/api.ts";
import { wallClock } from "../../node/clock.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { loadOrCreateIdentity } from "../../node/keys.ts";
import { startLibp2p } from "../../node/libp2p.ts";
import { startMembership } from "../../node/membership.ts";
import { openStore } from "../../node/store.ts";
import { createTransport } from "../../node/transport.ts";
import { openAddressBook } from "../../protocol/membership/address-book.ts";
import { createRng } from "../../protocol/rng.ts";
import { createLab, DEADLINE_MS, type Lab, until } from "../support/process.ts";

const INSIDE = fileURLToPath(new URL("../support/process-mdns.ts", import.meta.url));
const SOURCE = { ...parse(TEMPLATES.digits.yaml), aggregation: { rule: "median", inboxSize: 1, quorum: 1 } };
/** A namespace of one's own is root's privilege, or comes with a user namespace where the system lets users have one. */
const [UNSHARE, ...NAMESPACE] = [
  "unshare",
  ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]),
  "--net",
];
const ONLY_LOOPBACK = "ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo";

/** Why there can be no such namespace here; false where there can. */
function obstacle(): string | false {
  const { status, error, stderr } = spawnSync(UNSHARE, [...NAMESPACE, "sh", "-c", ONLY_LOOPBACK], { encoding: "utf8" });
  if (status === 0) return false;
  return `needs unshare (util-linux), ip (iproute2) and leave to make a network namespace: ${error?.message ?? stderr.trim()}`;
}

describe("mDNS, where lo is the only interface", { skip: obstacle() }, () => {
  let lab: Lab;

  before(async () => {
    lab = await createLab("mdns-outside");
  });
  after(() => lab?.close());

  it("two peers without any address of each other meet and merge", async () => {
    const task = await lab.writeTask("task.yaml", SOURCE);
    const { code, stdout, stderr } = await runInside(task);
    assert.equal(code, 0, stderr);
    const { interfaces, found } = JSON.parse(stdout) as { interfaces: string[]; found: StatusReport[] };
    assert.deepEqual(interfaces, ["lo"]);
    for (const { neighbours, counters } of found) assert.ok(neighbours === 1 && counters.merges > 0);
  });
});

describe("membership", () => {
  it("dials who was discovered while the peer was still starting", async () => {
    const lab = await createLab("discovered");
    const closers: (() => unknown)[] = [];
    async function createNode(name: string) {
      const { identity, privateKey } = await loadOrCreateIdentity(lab.path(name));
      const listen = ["/ip4/127.0.0.1/tcp/0"];
      const { node, traffic } = await startLibp2p({ privateKey, listen, mdns: false, serviceTag: "" });
      closers.push(() => node.stop());
      return { node, traffic, self: identity.peerId };
    }
    try {
      const { node: other } = await createNode("other");
      const { node, traffic, self } = await createNode("self");
      await node.peerStore.merge(other.peerId, { multiaddrs: other.getMultiaddrs() }); // as libp2p does on discovery
      const rng = createRng("membership");
      const store = await openStore(lab.path("db"));
      closers.push(() => store.close());
      const book = await openAddressBook({ clock: wallClock, rng, store, self });
      const options = { bootstrap: [], protocol: "/test/peers", maxOutbound: 4, rng };
      const membership = startMembership(
        node,
        createTransport(node, traffic, () => {}),
        book,
        options,
      );
      closers.push(() => membership.stop());
      await until("a connection", () => node.getPeers().length === 1 || undefined);
    } finally {
      for (const close of closers.reverse()) await close();
      await lab.close();
    }
  });
});

/** The shell replaces itself by node: what is killed here, at the deadline, is the process that ends its peers. */
async function runInside(task: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const script = `${ONLY_LOOPBACK} && exec "$0" "$@"`;
  const child = spawn(UNSHARE, [...NAMESPACE, "sh", "-c", script, process.execPath, INSIDE, task]);
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  const timer = setTimeout(() => child.kill("SIGTERM"), 2 * DEADLINE_MS);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return { code, ...output };
}
