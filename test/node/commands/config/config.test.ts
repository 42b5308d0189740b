/** `hearsay config`: what it prints, and its exit status. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { SETTINGS } from "../../../../node/settings/table.ts";
import { bundledCli } from "../../../support/bundled-cli.ts";
import { sourceEnvironment } from "../../../support/process.ts";

const CLI = await bundledCli();

const folder = mkdtempSync(join(tmpdir(), "hearsay-config-command-"));
after(() => rmSync(folder, { recursive: true }));

const right = join(folder, "right.yaml");
writeFileSync(right, "preset: metered\nlisten: [/ip4/0.0.0.0/tcp/4001]\ndata: { path: mine.csv }\n");
const wrong = join(folder, "wrong.yaml");
writeFileSync(wrong, "maxOutbound: 0\nmin-cycle: 3\n");

function hearsay(args: readonly string[], env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [CLI, ...args], {
    encoding: "utf8",
    cwd: folder,
    env: { ...sourceEnvironment(), ...env },
  });
}

test("config show tells every setting, the value that holds, and where it came from", () => {
  const args = ["config", "show", "--config", right, "--min-cycle", "60000"];
  const { status, stdout } = hearsay(args, { HEARSAY_LOG_LEVEL: "warn" });
  assert.equal(status, 0);
  for (const path of SETTINGS.keys()) assert.match(stdout, new RegExp(`│ ${path.replaceAll(".", "\\.")} +│`));
  for (const row of [
    /minCycleMs +│ 60000 ms +│ --min-cycle /,
    /logLevel +│ warn +│ HEARSAY_LOG_LEVEL /,
    /data\.path +│ mine\.csv +│ .*right\.yaml /,
    /mdns +│ false +│ preset metered /,
    /data\.encoding +│ found out +│ default /,
    /data\.holdout +│ 0\.2 +│ default /,
  ])
    assert.match(stdout, row);
  const json = JSON.parse(hearsay([...args, "--json"]).stdout) as Record<string, unknown>;
  assert.deepEqual(Object.keys(json), [...SETTINGS.keys()]);
  assert.deepEqual(json.minCycleMs, {
    ...{ value: 60_000, from: "flag", name: "--min-cycle" },
    ...{ variable: "HEARSAY_MIN_CYCLE_MS", flag: "--min-cycle" },
  });
  assert.deepEqual(json.maxOutbound, {
    ...{ value: 8, from: "preset", name: "metered" },
    ...{ variable: "HEARSAY_MAX_OUTBOUND", flag: null },
  });
  assert.deepEqual(json["data.encoding"], {
    ...{ value: null, from: "default" },
    ...{ variable: "HEARSAY_DATA_ENCODING", flag: "--encoding" },
  });
});

test("config show without a file tells the defaults", () => {
  const { status, stdout } = hearsay(["config", "show", "--json"]);
  const json = JSON.parse(stdout) as Record<string, { from: string }>;
  assert.deepEqual([status, new Set(Object.values(json).map(({ from }) => from))], [0, new Set(["default"])]);
});

test("config check of a right file is one line and status 0; of a wrong one every fault and status 2", () => {
  const good = hearsay(["config", "check", right]);
  assert.deepEqual([good.status, good.stdout], [0, `${right} is right: 3 settings, preset metered\n`]);
  writeFileSync(join(folder, "config.yaml"), "mdns: false\n");
  assert.match(hearsay(["config", "check", "--state", folder]).stdout, /config\.yaml is right: 1 setting\n/);
  const bad = hearsay(["config", "check", wrong]);
  assert.deepEqual([bad.status, bad.stdout], [2, ""]);
  assert.match(bad.stderr, /wrong\.yaml has 2 fault\(s\):\n/);
  assert.match(bad.stderr, /maxOutbound: .*>=1 \(given: 0\)/);
  assert.match(bad.stderr, /"min-cycle" \(did you mean minCycleMs\?\)/);
  const json = JSON.parse(hearsay(["config", "check", wrong, "--json"]).stdout) as { faults: { path: string }[] };
  assert.deepEqual(json.faults.map(({ path }) => path).sort(), ["(top)", "maxOutbound"]);
});

test("config check of a file that is not there, or no settings, ends with status 2 and its name", () => {
  for (const [name, text] of [
    ["gone.yaml", undefined],
    ["list.yaml", "- a\n"],
  ] as const) {
    const path = join(folder, name);
    if (text !== undefined) writeFileSync(path, text);
    const { status, stderr } = hearsay(["config", "check", path]);
    assert.deepEqual([status, stderr.includes(path)], [2, true], stderr);
  }
});

test("config show names variables that no setting reads, with the one that was meant", () => {
  const { status, stderr } = hearsay(["config", "show", "--json"], {
    ...{ HEARSAY_MIN_CYCLE: "5", HEARSAY_DATA_LABLE: "x", HEARSAY_MOON: "1" },
    ...{ HEARSAY_STATE: folder, HEARSAY_PASSPHRASE: "secret", HEARSAY_ENGINE: "dense" },
  });
  assert.equal(status, 0);
  assert.deepEqual(stderr.trim().split("\n").sort(), [
    "note: no setting reads HEARSAY_DATA_LABLE (did you mean HEARSAY_DATA_LABEL?)",
    "note: no setting reads HEARSAY_MIN_CYCLE (did you mean HEARSAY_MIN_CYCLE_MS?)",
    "note: no setting reads HEARSAY_MOON",
  ]);
});

test("up warns of a variable that no setting reads, before anything else", () => {
  const { status, stderr } = hearsay(["up", "--state", join(folder, "none")], { HEARSAY_MDSN: "false" });
  assert.equal(status, 1, "there is no task");
  assert.match(stderr, /"level":40.*no setting reads HEARSAY_MDSN \(did you mean HEARSAY_MDNS\?\); mend its name/);
});

test("config show of a wrong configuration ends with status 2, as hearsay up would", () => {
  const { status, stderr } = hearsay(["config", "show", "--config", wrong]);
  assert.equal(status, 2);
  assert.match(stderr, /maxOutbound/);
});
