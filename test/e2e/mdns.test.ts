/** Discovery. Peers find each other by multicast: in network namespaces out of which no packet gets. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { StatusReport } from "../../node/api/api.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { CLI, createLab, DEADLINE_MS, type Lab } from "../support/process.ts";

const INSIDE = fileURLToPath(new URL("../support/process-mdns.ts", import.meta.url));
const SOURCE = { ...parse(TEMPLATES.digits.yaml), aggregation: { rule: "median", inboxSize: 1, quorum: 1 } };
/** A namespace of one's own is root's privilege, or comes with a user namespace where the system lets users have one. */
const [UNSHARE, ...NAMESPACE] = [
  "unshare",
  ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]),
  "--net",
];
const ONLY_LOOPBACK = "ip link set lo up";
const NO_DEFAULT_ROUTE =
  "ip link set lo up && ip link add near type veth peer name far && ip link set far up && ip link set near up && ip address add 10.9.8.1/24 dev near";

/** Why there can be no such namespace here; false where there can. */
function obstacle(): string | false {
  const { status, error, stderr } = spawnSync(UNSHARE, [...NAMESPACE, "sh", "-c", NO_DEFAULT_ROUTE], {
    encoding: "utf8",
  });
  if (status === 0) return false;
  return `needs unshare (util-linux), ip (iproute2) and leave to make a network namespace: ${error?.message ?? stderr.trim()}`;
}

describe("mDNS", { skip: obstacle() }, () => {
  let lab: Lab;

  before(async () => {
    lab = await createLab("mdns-outside");
  });
  after(() => lab?.close());

  const networks: readonly [claim: string, setup: string, listen: string, interfaces: readonly string[]][] = [
    ["where lo is the only interface", ONLY_LOOPBACK, "/ip4/127.0.0.1/tcp/0", ["lo"]],
    ["on a network without a default route", NO_DEFAULT_ROUTE, "/ip4/10.9.8.1/tcp/0", ["lo", "near", "far"]],
  ];
  for (const [claim, setup, listen, interfaces] of networks) {
    it(`${claim}: two peers without any address of each other meet and merge`, async () => {
      const task = await lab.writeTask("task.yaml", SOURCE);
      const { code, stdout, stderr } = await runInside(setup, task, listen);
      assert.equal(code, 0, stderr);
      const met = JSON.parse(stdout) as { interfaces: string[]; found: StatusReport[] };
      assert.ok(met.interfaces.every((name) => interfaces.includes(name)));
      for (const { neighbours, counters } of met.found) assert.ok(neighbours === 1 && counters.merges > 0);
    });
  }

  it("says in words where nobody can be found by it", async () => {
    const task = await lab.writeTask("task.yaml", SOURCE);
    const args = ["up", "--task", task, "--dataset", "digits", "--seconds", "3", "--state", lab.path("alone")];
    const { stderr } = await runIn("ip link set lo down", [CLI, ...args]);
    assert.match(stderr, /cannot be found by multicast \(.+\): name one with --bootstrap/);
  });
});

const runInside = (setup: string, task: string, listen: string) => runIn(setup, [INSIDE, task, listen]);

/** The shell replaces itself by node: what is killed here, at the deadline, is the process that ends its peers. */
async function runIn(
  setup: string,
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const script = `${setup} && exec "$0" "$@"`;
  const child = spawn(UNSHARE, [...NAMESPACE, "sh", "-c", script, process.execPath, ...args]);
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
