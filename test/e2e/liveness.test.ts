/**
 * Bad days of a network: two peers in two network namespaces, joined by a virtual cable that the test pulls and plugs in again, or whose end gets
 * another address; and a peer that is killed and comes back, on loopback.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { TEMPLATES } from "../../node/data/templates.ts";
import { createLab, DEADLINE_MS, type Lab } from "../support/process.ts";

const INSIDE = fileURLToPath(new URL("../support/process-cable.ts", import.meta.url));
const SOURCE = { ...parse(TEMPLATES.digits.yaml), aggregation: { rule: "median", inboxSize: 1, quorum: 1 } };
const [UNSHARE, ...NAMESPACE] = [
  "unshare",
  ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]),
  "--net",
];

/** Why there can be no such namespaces here; false where there can. */
function obstacle(): string | false {
  const script = "ip link add near type veth peer name far && nsenter --help >/dev/null";
  const { status, error, stderr } = spawnSync(UNSHARE, [...NAMESPACE, "sh", "-c", script], { encoding: "utf8" });
  if (status === 0) return false;
  return `needs unshare and nsenter (util-linux), ip (iproute2) and leave to make network namespaces: ${error?.message ?? stderr.trim()}`;
}

/** What process-cable.ts measured, in seconds. */
interface Measured {
  readonly noticed: number;
  readonly resumed: number;
  readonly resumedElsewhere: number;
}

describe("two peers on a cable", { skip: obstacle() }, () => {
  let lab: Lab;
  let measured: Measured;

  before(async () => {
    lab = await createLab("cable");
    const task = await lab.writeTask("task.yaml", SOURCE);
    measured = await run(task);
  });
  after(() => lab?.close());

  it("notice within ten seconds that it was pulled: they count no neighbour any more", () => {
    assert.ok(measured.noticed < 15, `${measured.noticed} s`); // a machine under load may be late
  });

  it("merge again within fifteen seconds when it is plugged in again after a while", () => {
    assert.ok(measured.resumed < 25, `${measured.resumed} s`);
  });

  it("merge again when one of them has got another address", () => {
    assert.ok(measured.resumedElsewhere < 30, `${measured.resumedElsewhere} s`);
  });
});

async function run(task: string): Promise<Measured> {
  const child = spawn(UNSHARE, [...NAMESPACE, process.execPath, INSIDE, task]);
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  const timer = setTimeout(() => child.kill("SIGTERM"), 3 * DEADLINE_MS);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  assert.equal(code, 0, output.stderr);
  return JSON.parse(output.stdout) as Measured;
}
