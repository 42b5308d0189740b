import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Command } from "commander";
import { loadEffective } from "../../../node/config.ts";
import { addSettings, DATA_PATHS, FLAGGED, settingsOf } from "../../../node/settings/flags.ts";
import { nearestSetting } from "../../../node/settings/nearest.ts";
import { PRESET_NAMES } from "../../../node/settings/preset-names.ts";
import { configSchema, DEFAULTS, SETTINGS, valueAt } from "../../../node/settings/table.ts";
import { costOf, DEFAULT_COST_SETTINGS } from "../../../node/task-cost.ts";
import { blobTask } from "../../support/blobs.ts";
import { blocks, renewed } from "../../support/docs.ts";

const folder = mkdtempSync(join(tmpdir(), "hearsay-settings-"));
after(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, "config.yaml");
  writeFileSync(path, text);
  return path;
}

test("every row of the table has one line of help and a variable of its own; every flag is a setting's alone", () => {
  const rows = [...SETTINGS.values()];
  for (const { help, path } of rows) assert.match(help, /^[^\n]{5,110}$/, path);
  for (const key of ["variable", "flag"] as const) {
    const given = rows.flatMap((row) => row[key] ?? []);
    assert.equal(new Set(given).size, given.length);
  }
  for (const { variable } of rows) assert.match(variable, /^HEARSAY_[A-Z_]+$/);
});

test("the flags that were there before the table are there, and give the same settings", () => {
  const args =
    "--budget lan=unlimited,lte=2MB/day --listen /ip4/1.2.3.4/tcp/1,/ip4/1.2.3.4/tcp/2 --bootstrap /ip4/1.2.3.4/tcp/3 --no-mdns --engine dense --min-cycle 5 --name Roof_7 " +
    "--holdout 0.5 --holdout-by time --holdout-data h.csv --share 1/4 --partition shards:2 --seed 7 --log-level warn --data a.csv " +
    "--dataset digits --label kind --targets y.npy --owner who --columns a,b --drop c --missing -9999 --encoding utf-8 --delimiter ; " +
    "--decimal comma --trainer true --trainer-socket";
  const command = addSettings(new Command("up"), FLAGGED);
  command.parse(args.split(" "), { from: "user" });
  assert.deepEqual(settingsOf(command.opts()), {
    ...{ preset: undefined, page: undefined },
    ...{ "data.strict": undefined, "release.canary": undefined, "release.onPromote": undefined }, // came later
    ...{ "data.keepBest": undefined, "stream.follow": undefined, "stream.window": undefined },
    ...{ gateway: undefined, cluster: undefined },
    ...{ "stream.time": undefined, "stream.drift": undefined, "stream.zone": undefined },
    ...{ "stream.lag": undefined, "stream.horizon": undefined, "stream.step": undefined },
    ...{ "select.by": undefined, "saving.trainOn": undefined, "saving.pullOn": undefined },
    budget: "lan=unlimited,lte=2MB/day",
    listen: ["/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/tcp/2"],
    bootstrap: ["/ip4/1.2.3.4/tcp/3"],
    ...{ mdns: false, engine: "dense", minCycleMs: 5, logLevel: "warn", name: "Roof_7", metrics: undefined },
    ...{ "data.holdout": 0.5, "data.holdoutBy": "time", "data.holdoutPath": "h.csv", "data.share": "1/4" },
    ...{ "data.partition": "shards:2", "data.seed": 7, "data.path": "a.csv", "data.dataset": "digits" },
    ...{ "trainer.command": "true", "trainer.socket": true },
    ...{ "data.label": "kind", "data.targets": "y.npy", "data.owner": "who", "data.columns": "a,b", "data.drop": "c" },
    ...{ "data.missing": "-9999", "data.encoding": "utf-8", "data.delimiter": ";", "data.decimal": "comma" },
  });
  const none = addSettings(new Command("up"), FLAGGED).parse([], { from: "user" });
  assert.deepEqual(new Set(Object.values(settingsOf(none.opts()))), new Set([undefined]));
  for (const path of DATA_PATHS) assert.ok(FLAGGED.includes(path), path);
});

test("every value of a preset is one that its setting takes, is not the default, and says why", () => {
  let values = 0;
  for (const { path, schema, presets = {} } of SETTINGS.values()) {
    for (const [name, preset] of Object.entries(presets)) {
      assert.ok(PRESET_NAMES.includes(name as (typeof PRESET_NAMES)[number]), name);
      assert.ok(schema.safeParse(preset.value).success, `${name} ${path}`);
      assert.notDeepEqual(preset.value, valueAt(DEFAULTS, path), `${name} ${path}`);
      assert.match(preset.why, /^[^\n]{10,}$/);
      values++;
    }
  }
  assert.ok(values >= PRESET_NAMES.length);
});

test("what the preset metered costs is within what its reason says", () => {
  const minCycleMs = SETTINGS.get("minCycleMs")?.presets?.metered?.value as number;
  const task = blobTask();
  const { networkBytesPerDay } = costOf(
    { ...task, tensors: [["w", [2500]]], aggregation: { ...task.aggregation, inboxSize: 8 } },
    { ...DEFAULT_COST_SETTINGS, minCycleMs },
  );
  assert.ok(networkBytesPerDay <= 66e6 && 30 * networkBytesPerDay <= 2e9, `${networkBytesPerDay}`);
});

test("a preset stands above the defaults and below all else, wherever it was chosen", async () => {
  const path = file("preset: wan\nmaxOutbound: 3\nretention: { hours: 1 }\n");
  const wan = await loadEffective(path, {}, {});
  assert.deepEqual([wan.config.minCycleMs, wan.config.mdns, wan.config.maxOutbound], [5000, false, 3]);
  assert.deepEqual(wan.origins.get("minCycleMs"), { kind: "preset", name: "wan" });
  assert.deepEqual(wan.origins.get("maxOutbound"), { kind: "file", name: path });
  assert.deepEqual(wan.origins.get("retention.hours"), { kind: "file", name: path });
  assert.deepEqual(wan.origins.get("engine"), { kind: "default" });
  const environment = { HEARSAY_PRESET: "metered", HEARSAY_MDNS: "true" };
  const metered = await loadEffective(path, environment, { minCycleMs: 7 });
  assert.deepEqual([metered.config.preset, metered.config.mdns, metered.config.minCycleMs], ["metered", true, 7]);
  assert.equal(metered.config.retention.megabytesPerMinute, 1);
  assert.deepEqual(metered.origins.get("mdns"), { kind: "environment", name: "HEARSAY_MDNS" });
  assert.deepEqual(metered.origins.get("minCycleMs"), { kind: "flag", name: "--min-cycle" });
  await assert.rejects(loadEffective(path, {}, { preset: "moon" }), {
    message: /preset: .*"lan"\|"wan"\|"metered".*moon/,
  });
});

test("a preset does not hide that a section was left empty", async () => {
  await assert.rejects(loadEffective(file("preset: lan\nretention:\n"), {}, {}), { message: /retention: .*null/ });
});

test("what overrides a file of data takes back the set that a lower rank named, and where it came from", async () => {
  const { config, origins } = await loadEffective(file("data: { dataset: digits }\n"), {}, { "data.path": "a.csv" });
  assert.equal(config.data.dataset, undefined);
  assert.deepEqual(origins.get("data.dataset"), { kind: "default" });
});

test("an unknown name is told with the setting that was meant, in whatever spelling and section", async () => {
  const meant: Record<string, string | undefined> = {
    "min-cycle-ms": "minCycleMs",
    mincycle: "minCycleMs",
    holdout: "data.holdout",
    "retention.megabyte": "retention.megabytes",
    "data.lable": "data.label",
    "data.engine": "engine",
    colour: undefined,
  };
  for (const [given, path] of Object.entries(meant)) assert.equal(nearestSetting(given), path, given);
  await assert.rejects(loadEffective(file("colour: red\nseed: 3\n"), {}, {}), {
    message:
      /\(top\): "colour", "seed" \(did you mean data\.seed\?\): no settings have these names; hearsay config show/,
  });
  await assert.rejects(loadEffective(file("name: x\nmodel: {}\noutput: {}\n"), {}, {}), {
    message: /no settings have these names; this looks like a task, which --task reads/,
  });
});

test("faults of values that depend on nothing else are found without a task or data", async () => {
  const faults: [text: string, fault: RegExp][] = [
    ["data: { dataset: digitz }", /data\.dataset: there is no such data set; the names are digits, motes, mnist/],
    ["data: { partition: dirichlet }", /data\.partition: .*ALPHA must be a number above 0/],
    ["data: { share: 9/8 }", /data\.share: names a share beyond the last one/],
    ["data: { path: a.csv, dataset: digits }", /data: path \(a\.csv\) and dataset \(digits\) are both set; remove one/],
  ];
  for (const [text, message] of faults) await assert.rejects(loadEffective(file(text), {}, {}), { message }, text);
});

test("the default of every setting is what its own schema says", () => {
  assert.deepEqual(configSchema.parse({}), DEFAULTS);
});

test("the tables of the pages are as npm run docs writes them", () => {
  for (const page of new Set(blocks().map((block) => block.page))) {
    const { old, text } = renewed(page);
    assert.equal(old, text, `${page}: run npm run docs`);
  }
});
