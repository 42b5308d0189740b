import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createExposition } from "../../../node/monitor/exposition.ts";
import { METRIC_ROWS } from "../../../node/monitor/table.ts";
import { READINGS, STATUS } from "../../support/readings.ts";

/** Names of the samples in a text of metrics, without their labels. */
function samplesIn(text: string): string[] {
  return text.split("\n").flatMap((line) => /^([a-z_]+)(?:\{.*\})? [-+\d.einfNa]+$/i.exec(line)?.[1] ?? []);
}

const README = readFileSync(join(import.meta.dirname, "../../../node/README.md"), "utf8");

describe("the table of metrics", () => {
  it("has names as Prometheus wants them: a counter ends in _total, a unit stands at the end, and none twice", () => {
    const names = METRIC_ROWS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { name, kind, help } of METRIC_ROWS) {
      assert.match(name, /^(?:hearsay|process|nodejs)_[a-z_]+$/);
      assert.equal(name.endsWith("_total"), kind === "counter", name);
      assert.ok(!/_(?:ms|milliseconds|kb|mb|megabytes|percent)(?:_|$)/.test(name), name);
      const unit = /seconds|bytes/.exec(name)?.[0];
      assert.ok(unit === undefined || new RegExp(`_${unit}(?:_total)?$`).test(name), name);
      assert.ok(help.length > 3 && !help.endsWith("."), name);
    }
  });

  it("is told whole, each row with a value where a peer has such a thing", async () => {
    const exposition = createExposition();
    exposition.observed.training(0.2);
    exposition.observed.staleness(3);
    const text = await exposition.text(READINGS);
    const samples = new Set(samplesIn(text));
    for (const { name, kind, help } of METRIC_ROWS) {
      assert.ok(text.includes(`# TYPE ${name} ${kind}\n`) && text.includes(`# HELP ${name} ${help}\n`), name);
      assert.ok(samples.has(kind === "histogram" ? `${name}_bucket` : name), `${name} has no value`);
      assert.ok(README.includes(`| \`${name}\` | ${kind} |`), `${name} is not in node/README.md: npm run docs`);
    }
    assert.equal(samplesIn(text).length > METRIC_ROWS.length, true);
  });

  it("has no label that others choose the value of: never a peer id, and no code that is none of ours", async () => {
    const text = await createExposition().text(READINGS);
    assert.ok(!text.includes(STATUS.peerId) && !text.includes("12D3Koo"));
    assert.ok(!text.includes("script"));
    assert.match(text, /hearsay_refused_total\{code="other"\} 3\n/);
    for (const { name, labels = {} } of METRIC_ROWS) {
      for (const [label, values] of Object.entries(labels)) {
        assert.doesNotMatch(label, /peer|author|address/, name);
        if (typeof values === "string") continue;
        for (const [, value = ""] of text.matchAll(new RegExp(`^${name}(?:_bucket)?\\{.*?\\b${label}="([^"]*)"`, "gm")))
          assert.ok(values.includes(value), `${name}{${label}="${value}"}`);
      }
    }
  });

  it("says which release answers, by its name and the beginning of its id, what stands in the way of the ordered one, and what gates say", async () => {
    const text = await createExposition().text(READINGS);
    const told = [
      'hearsay_release_info{release="v7",id="efefefefefefefef"} 1',
      ...["hearsay_release_age_steps 300", "hearsay_release_order 3", "hearsay_release_proposals 0"],
      ...['hearsay_release_obstacle{reason="gate failed"} 1', 'hearsay_release_obstacle{reason="no tag"} 0'],
      ...['hearsay_release_gates{mine="failed"} 1', 'hearsay_release_gates{mine="open"} 1'],
      ...['hearsay_release_votes{vote="yes"} 5', 'hearsay_release_votes{vote="no"} 1'],
      ...['hearsay_release_changes_total{to="back"} 1', "hearsay_release_last_rollback_timestamp_seconds 1700000002"],
    ];
    for (const line of told) assert.ok(text.includes(`${line}\n`), line);
  });

  it("says what is paused, and how often a preferred author was drawn", async () => {
    const text = await createExposition().text(READINGS);
    const told = [
      ...['hearsay_paused{stops="training"} 1', 'hearsay_paused{stops="exchange"} 0', 'hearsay_paused{stops="all"} 0'],
      ...['hearsay_draws_total{how="preferred"} 30', 'hearsay_draws_total{how="random"} 10'],
    ];
    for (const line of told) assert.ok(text.includes(`${line}\n`), line);
  });

  it("tells values anew at each scrape, and leaves out what a peer does not have", async () => {
    const exposition = createExposition();
    const { privacy: _, thrift: __, accountability: ___, release: ____, pauses: _____, ...plain } = STATUS;
    await exposition.text(READINGS);
    const status = { ...plain, cycle: 41, holdout: null, archive: null, budget: [] };
    const text = await exposition.text({ ...READINGS, status });
    assert.match(text, /^hearsay_cycles_total 41$/m);
    const absent = [
      "hearsay_holdout",
      "hearsay_privacy_epsilon",
      "hearsay_budget_left_bytes",
      "hearsay_banned_keys",
      "hearsay_release_order",
      "hearsay_paused",
    ];
    for (const name of absent) assert.ok(!samplesIn(text).includes(name), name);
  });
});
