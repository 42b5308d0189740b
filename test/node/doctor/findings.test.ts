/** What the checks of the doctor make of the figures that they are given; and that nothing keeps the doctor waiting. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { lookBefore } from "../../../node/commands/peer/up-look.ts";
import { addresses, natFindings, scopeFindings } from "../../../node/doctor/checks/addresses.ts";
import { behindFindings, dateFindings } from "../../../node/doctor/checks/clock.ts";
import { data } from "../../../node/doctor/checks/data.ts";
import { roomFindings, wearFindings } from "../../../node/doctor/checks/disk.ts";
import { mdnsFindings } from "../../../node/doctor/checks/mdns.ts";
import { memoryFindings } from "../../../node/doctor/checks/memory.ts";
import { nodeVersion } from "../../../node/doctor/checks/node-version.ts";
import { neighboursFinding, peersFindings } from "../../../node/doctor/checks/peers.ts";
import type { DoctorCheck, DoctorFinding } from "../../../node/doctor/doctor-check.ts";
import { DOCTOR_CHECKS, QUICK_CHECKS } from "../../../node/doctor/registry.ts";
import { diagnose, worstOf } from "../../../node/doctor/run.ts";
import { type AtHand, aboutToStart, type Surroundings } from "../../../node/doctor/surroundings.ts";
import { DEFAULTS } from "../../../node/settings/table.ts";
import { blobTask } from "../../support/blobs.ts";
import { bundledCli } from "../../support/bundled-cli.ts";
import { TOP } from "../../support/docs.ts";
import { sourceEnvironment } from "../../support/process.ts";

const CLI = await bundledCli();

const around: AtHand = aboutToStart("/tmp", DEFAULTS, { task: blobTask(), taskId: "00" });
const levels = (findings: readonly DoctorFinding[]) => findings.map(({ level }) => level);

test("a check that hangs is a warning, one that throws a failure, and the others have their say; all run at once", async () => {
  const check = (name: string, run: DoctorCheck<AtHand>["run"]): DoctorCheck<AtHand> => ({
    name,
    about: "",
    withinMs: 30,
    run,
  });
  let begun = 0;
  const found = await diagnose(around, [
    check("hangs", () => new Promise(() => begun++)),
    check("throws", async () => {
      begun++;
      throw new Error("no such luck");
    }),
    check("counts", async () => [{ level: "ok", what: `${begun} before me` }]),
  ]);
  assert.deepEqual(
    found.map(({ check: name, level, what }) => [name, level, what]),
    [
      ["hangs", "warning", "no answer within 0.03 s"],
      ["throws", "failure", "no such luck"],
      ["counts", "ok", "2 before me"],
    ],
  );
  assert.equal(worstOf(found), "failure");
  assert.equal(worstOf(found.slice(2)), "ok");
});

test("what is no ok has a remedy, and each check a row of the page", () => {
  const page = readFileSync(join(TOP, "node/doctor/README.md"), "utf8");
  for (const { name } of DOCTOR_CHECKS) assert.match(page, new RegExp(`\\| \`${name}\` \\|`));
});

test("node: the version that runs the tests is named", async () => {
  const [found] = await nodeVersion.run(around);
  assert.match(found?.what as string, new RegExp(`Node ${process.version.replaceAll(".", "\\.")}`));
});

test("clock: a date before this version is a warning with the way to set the clock, one of today is none", () => {
  assert.match(dateFindings(0)[0]?.what as string, /1970-01-01, before/);
  assert.deepEqual(dateFindings(Date.UTC(2026, 5, 1)), []);
  const heard = (...minutes: readonly (number | undefined)[]) =>
    behindFindings(
      minutes.map((m) => ({ address: "a", ...(m !== undefined && { clockMs: 60_000 * m }) })),
      0,
    );
  assert.match(
    heard(9, 7, -3, undefined)[0]?.what as string,
    /2 of 3 neighbours announced by clocks that are 7 min ahead/,
  );
  assert.deepEqual([...heard(9, -3), ...heard(1, 2), ...heard()], [], "one may be wrong, and minutes are rounded");
});

test("disk: room for less than a month, and flash that is worn out within five years, are warnings", () => {
  const space = (gigabytes: number) => ({ freeBytes: gigabytes * 1e9, totalBytes: gigabytes * 1e9 });
  assert.deepEqual(levels(roomFindings(around, space(100))), ["ok"]);
  const [low] = roomFindings(around, space(0.1));
  assert.match(low?.what as string, /100 MB free.*a month of this peer may need/);
  assert.match(low?.remedy as string, /retention\.megabytes/);
  assert.deepEqual(levels(wearFindings(around, space(32))), ["ok"]);
  assert.match(wearFindings(around, space(0.5))[0]?.what as string, /1000 rewritings lasts \d\.\d years/);
  assert.deepEqual(levels(wearFindings(around, space(0.5))), ["warning"]);
});

test("memory: too little free is a warning unless the peer runs, far too little a failure, few addresses a warning", () => {
  const facts = { totalBytes: 1e9, freeBytes: 5e8, addressBytes: undefined };
  assert.deepEqual(levels(memoryFindings(1e8, facts, false)), ["ok"]);
  assert.deepEqual(levels(memoryFindings(6e8, facts, false)), ["warning"]);
  assert.deepEqual(levels(memoryFindings(6e8, facts, true)), ["ok"]);
  assert.deepEqual(levels(memoryFindings(3e9, facts, true)), ["failure"]);
  assert.deepEqual(levels(memoryFindings(1e8, { ...facts, addressBytes: 2 ** 30 }, false)), ["ok", "warning"]);
});

test("addresses: a public one is enough; private ones, and a router in between, are told with what to do", () => {
  assert.deepEqual(levels(scopeFindings(["127.0.0.1", "8.8.4.4"], [])), ["ok"]);
  const [home] = scopeFindings(["127.0.0.1", "192.168.1.7"], []);
  assert.match(home?.what as string, /192\.168\.1\.7 \(the local network\)/);
  assert.match(home?.remedy as string, /forward the port/);
  const wayOut = (...here: string[]) => scopeFindings(["127.0.0.1"], ["127.0.0.1", "::1", ...here])[0]?.remedy ?? "";
  assert.match(wayOut(), /connect the machine/);
  assert.match(wayOut("fe80::1"), /connect the machine/);
  assert.match(
    wayOut("fd00:5::1", "fe80::1"),
    /^the machine is also fd00:5::1: listen there \(--listen \/ip6\/::\/tcp/,
  );
  assert.match(wayOut("192.168.1.7", "fd00:5::1"), /also 192\.168\.1\.7, fd00:5::1: .*--listen \/ip4\/0\.0\.0\.0/);
  const answers = ["8.8.4.4", "8.8.4.4", "192.168.1.7"].map((seenFrom) => ({ address: "a", seenFrom }));
  const nat = natFindings(["192.168.1.7"], answers);
  assert.deepEqual(levels(nat), ["warning", "ok"]);
  assert.match(nat[0]?.what as string, /sees this machine as 8\.8\.4\.4.*\(NAT\)/);
});

test("addresses: those on which a running peer listens count, whatever the configuration says", async () => {
  const parts = { config: DEFAULTS, neighbours: async () => [] };
  const running = {
    addresses: ["/ip6/2001:db8::7/tcp/42001/p2p/12D3KooWQvxhsRxBmVpAjpEovdJXuY27bGZvs1t89SmiQxrW32jA"],
  };
  const [finding] = await addresses.run({ ...parts, running } as never);
  assert.match(finding?.what ?? "", /^can be dialled: 2001:db8::7 /);
});

test("mdns: one interface on which a packet comes back is enough, and loopback is none", () => {
  const on = (name: string, fault?: string) => ({ name, internal: name === "lo", fault });
  assert.match(mdnsFindings([on("lo"), on("eth0"), on("wlan0", "EPERM")])[0]?.what as string, /works on eth0$/);
  assert.match(mdnsFindings([on("lo"), on("eth0", "EPERM")])[0]?.what as string, /cannot be found: eth0: EPERM/);
  assert.match(mdnsFindings([on("lo")])[0]?.what as string, /no interface but the loopback one has an address of IPv4/);
});

test("peers: silence of all, other versions and other tasks are warnings that name the addresses", () => {
  const here = { address: "/ip4/8.8.4.4/tcp/1", peer: "p", agent: "hearsay/0.1.0" };
  const away = { address: "/ip4/8.8.4.5/tcp/1", fault: "ECONNREFUSED" };
  assert.match(
    peersFindings([{ ...here, task: "same" }, away], false)[0]?.what as string,
    /1 of 2 .*: hearsay\/0\.1\.0/,
  );
  assert.match(peersFindings([away], false)[0]?.what as string, /0 of 1 known addresses answer: .*ECONNREFUSED/);
  const versions = peersFindings([{ ...here, task: "other-version" }], false);
  assert.deepEqual(levels(versions), ["ok", "warning"]);
  assert.match(versions[1]?.what as string, /another version: \/ip4\/8\.8\.4\.4/);
  assert.match(peersFindings([{ ...here, task: "other-task" }], false)[1]?.remedy as string, /task id/);
  assert.deepEqual(levels(peersFindings([], false)), ["ok"]);
});

test("peers: a peer that runs with fewer neighbours than its task lets it merge learns alone, which is a warning", () => {
  const [alone, few, enough, relayed] = [
    { neighbours: 0, quorum: 3, fresh: 0 },
    { neighbours: 1, quorum: 3, fresh: 1 },
    { neighbours: 3, quorum: 3, fresh: 0 },
    { neighbours: 1, quorum: 3, fresh: 3 }, // behind a gateway
  ].map(neighboursFinding) as [DoctorFinding, DoctorFinding, DoctorFinding, DoctorFinding];
  assert.deepEqual(levels([alone, few, enough, relayed]), ["warning", "warning", "ok", "ok"]);
  assert.match(few.what, /1 neighbour, and the task lets it merge the models of 3 or more: it learns alone/);
  assert.match(few.remedy as string, /--bootstrap/);
});

test("data: those of a peer that runs are the ones that it has, where flags of its start name them", async () => {
  const running = { numExamples: 320 };
  const look = (more: object) => data.run({ ...around, ...more } as Surroundings);
  assert.deepEqual(levels(await look({ running })), ["ok"]);
  assert.match((await look({ running }))[0]?.what as string, /learns from 320 rows/);
  assert.deepEqual(levels(await look({})), ["warning"]);
});

test("the quick checks say the same as the doctor's of that kind, and take next to no time", async () => {
  const before = process.cpuUsage();
  const found = await diagnose(around, QUICK_CHECKS);
  const { user, system } = process.cpuUsage(before);
  assert.deepEqual([...new Set(found.map(({ check }) => check))], ["node", "room", "memory"]);
  assert.ok(user + system < 300_000, `${user + system} µs`);
});

test("before a peer starts warnings are told, and a failure ends it with its remedy", async () => {
  const check = (name: string, level: DoctorFinding["level"]): DoctorCheck<AtHand> => ({
    ...{ name, about: "", withinMs: 100 },
    run: async () => [{ level, what: `${name} is so`, remedy: "mend it" }],
  });
  const told: string[] = [];
  const logger = { warn: (text: string) => told.push(text) } as unknown as Parameters<typeof lookBefore>[1];
  await lookBefore(around, logger, [check("a", "warning"), check("b", "ok")]);
  assert.deepEqual(told, ["a: a is so; mend it"]);
  await assert.rejects(lookBefore(around, logger, [check("c", "failure")]), {
    code: "ERR_STATE",
    message: "c: c is so; mend it",
  });
});

test("the command prints a line for each finding, JSON with --json, and ends with status 1 for a failure alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "hearsay-doctor-command-"));
  const hearsay = (...args: readonly string[]) => {
    const env = { ...sourceEnvironment(), NO_COLOR: "1" };
    return spawnSync(process.execPath, [CLI, "doctor", ...args], { encoding: "utf8", cwd: folder, env });
  };
  try {
    const all = hearsay("--listen", "/ip4/127.0.0.1/tcp/0");
    for (const { name } of DOCTOR_CHECKS) assert.match(all.stdout, new RegExp(`^(?:ok|warning) +${name} `, "m"), name);
    assert.match(
      all.stdout,
      /^warning {2}addresses {2}can be dialled: 127\.0\.0\.1 \(this machine\)\n {20}-> (?:connect the machine|the machine is also )/m,
    );
    assert.equal(all.status, 0, all.stderr);
    const wrong = hearsay("--config", "c.yaml", "--max-outbound", "0");
    assert.equal(wrong.status, 2, "a flag that there is not");
    writeFileSync(join(folder, "c.yaml"), "maxOutbound: 0\n");
    const bad = hearsay("--config", "c.yaml", "--json");
    const report = JSON.parse(bad.stdout) as {
      level: string;
      isRunning: boolean;
      findings: { check: string; level: string }[];
    };
    assert.deepEqual([bad.status, report.level, report.isRunning], [1, "failure", false]);
    assert.deepEqual(
      report.findings.filter(({ level }) => level === "failure").map(({ check }) => check),
      ["config"],
    );
    assert.deepEqual(
      hearsay("--quick")
        .stdout.match(/^\w+ +\w+/gm)
        ?.map((line) => line.split(/ +/)[1]),
      ["node", "room", "memory"],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
