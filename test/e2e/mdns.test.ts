/** Peers find each other by multicast: in a network namespace that has only `lo`, so that no packet leaves the machine. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { StatusReport } from "../../node/api.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { createLab, DEADLINE_MS, type Lab } from "../support/process.ts";

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
