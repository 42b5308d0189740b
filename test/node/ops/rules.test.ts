/** The alert rules and the board that are shipped (node/ops): whether they name metrics that exist, and what Prometheus makes of the rules. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { METRIC_ROWS } from "../../../node/monitor/table.ts";
import { findProgram, withoutProgram } from "../../support/program.ts";

const OPS = join(import.meta.dirname, "../../../node/ops");
const RULES = join(OPS, "prometheus/hearsay.rules.yml");

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Series by name and labels, in the notation of promtool, a value a minute. */
type Series = Readonly<Record<string, string>>;

interface Case {
  /** Labels of the alert, beside those of the rule. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly atMinutes: number;
  readonly fires: Series;
  /** Almost the same, and no reason for an alert. */
  readonly quiet: Series;
  /** Nor is this. */
  readonly paused?: Series;
}

const QUORUM = { hearsay_quorum_models: "2x200" };

const CASES: Readonly<Record<string, Case>> = {
  HearsayDown: {
    labels: { job: "hearsay" },
    atMinutes: 6,
    fires: { 'up{job="hearsay"}': "0x10" },
    quiet: { 'up{job="hearsay"}': "0 0 1 0 0 0 0" },
  },
  HearsayNotLearning: {
    labels: { check: "learning" },
    atMinutes: 11,
    fires: { 'hearsay_ready{check="learning"}': "0x20" },
    quiet: { 'hearsay_ready{check="learning"}': "1x20", 'hearsay_ready{check="peers"}': "0x20" },
  },
  HearsayDiverging: {
    labels: { result: "diverged" },
    atMinutes: 20,
    fires: { 'hearsay_trainings_total{result="diverged"}': "0+1x30" },
    quiet: { 'hearsay_trainings_total{result="kept"}': "0+1x30", 'hearsay_trainings_total{result="diverged"}': "3x30" },
  },
  HearsayAlone: {
    atMinutes: 16,
    fires: { hearsay_neighbours: "1x20", ...QUORUM },
    quiet: { hearsay_neighbours: "2x20", ...QUORUM },
    paused: { hearsay_neighbours: "0x20", ...QUORUM, 'hearsay_paused{stops="all"}': "1x20" },
  },
  HearsayNotMerging: {
    atMinutes: 90,
    fires: { hearsay_merges_total: "7x100", hearsay_neighbours: "3x100", ...QUORUM },
    quiet: {
      ...{ hearsay_merges_total: "7x100", hearsay_neighbours: "3x100", ...QUORUM },
      hearsay_merge_interval_seconds: "7200x100",
    },
    paused: {
      ...{ hearsay_merges_total: "7x100", hearsay_neighbours: "3x100", ...QUORUM },
      'hearsay_paused{stops="exchange"}': "1x100",
    },
  },
  HearsayPeersSilent: {
    atMinutes: 61,
    fires: { hearsay_silent_peers: "3x70", hearsay_known_peers: "4x70" },
    quiet: { hearsay_silent_peers: "2x70", hearsay_known_peers: "4x70" },
  },
  HearsayKeyBanned: {
    labels: { proves: "end" },
    atMinutes: 10,
    fires: { 'hearsay_evidence_total{proves="end"}': "0x5 1x10" },
    quiet: { 'hearsay_evidence_total{proves="end"}': "1x20" },
  },
  HearsayForkSeen: {
    labels: { proves: "fork" },
    atMinutes: 10,
    fires: { 'hearsay_evidence_total{proves="fork"}': "0x5 1x10" },
    quiet: { 'hearsay_evidence_total{proves="fork"}': "0x20", 'hearsay_evidence_total{proves="end"}': "0x5 1x10" },
  },
  HearsayBytesSpent: {
    labels: { link: "lte" },
    atMinutes: 16,
    fires: { 'hearsay_budget_is_dry{link="lte"}': "1x20" },
    quiet: { 'hearsay_budget_is_dry{link="lte"}': "1x10 0 1x10" },
  },
  HearsayPrivacySpent: {
    labels: { state: "spent" },
    atMinutes: 6,
    fires: { 'hearsay_privacy_budget{state="open"}': "0x10", 'hearsay_privacy_budget{state="spent"}': "1x10" },
    quiet: { 'hearsay_privacy_budget{state="open"}': "1x10", 'hearsay_privacy_budget{state="spent"}': "0x10" },
  },
  HearsayPrivacyNearlySpent: {
    atMinutes: 6,
    fires: { hearsay_privacy_epsilon: "7.3x10", hearsay_privacy_epsilon_limit: "8x10" },
    quiet: { hearsay_privacy_epsilon: "7.1x10", hearsay_privacy_epsilon_limit: "8x10" },
  },
  HearsayReleaseWaits: {
    labels: { reason: "gate failed" },
    atMinutes: 31,
    fires: {
      'hearsay_release_obstacle{reason="gate failed"}': "1x40",
      'hearsay_release_obstacle{reason="no tag"}': "0x40",
    },
    quiet: { 'hearsay_release_obstacle{reason="gate failed"}': "1x20 0 1x20" },
  },
  HearsayRolledBack: {
    labels: { to: "back" },
    atMinutes: 10,
    fires: { 'hearsay_release_changes_total{to="back"}': "0x5 1x10" },
    quiet: {
      'hearsay_release_changes_total{to="back"}': "1x20",
      'hearsay_release_changes_total{to="new"}': "0x5 1x10",
    },
  },
  HearsayDiskFillsUp: {
    atMinutes: 60,
    fires: { hearsay_disk_free_bytes: "20000000000-100000000x80" },
    quiet: { hearsay_disk_free_bytes: "20000000000-1000000x80" },
  },
  HearsayDiskFull: {
    labels: { check: "store" },
    atMinutes: 3,
    fires: { 'hearsay_ready{check="store"}': "0x10" },
    quiet: { 'hearsay_ready{check="store"}': "1x10" },
  },
};

const promtool = findProgram("promtool");
const run = promisify(execFile);

async function readRules(): Promise<Rule[]> {
  const { groups } = parse(await readFile(RULES, "utf8")) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

/** Names of metrics in an expression that are none of ours; what libp2p measures is not ours to name. */
function unknownIn(expr: string): string[] {
  const known = new Set(["up", ...METRIC_ROWS.map(({ name }) => name)]);
  for (const { name, kind } of METRIC_ROWS)
    if (kind === "histogram") for (const end of ["_bucket", "_sum", "_count"]) known.add(name + end);
  const words = expr.replace(/"[^"]*"/g, "").match(/\b(?:hearsay|process|nodejs|libp2p|up)(?:_\w+)?\b/g) ?? [];
  return words.filter((word) => !known.has(word) && !/^libp2p_data_transfer_bytes_total$/.test(word));
}

/** What promtool is to run: each rule with a case in which it fires, and one or two in which it does not. */
function testsOf(rules: readonly Rule[]): object[] {
  return rules.flatMap(({ alert, labels: own, annotations }) => {
    const { labels = {}, atMinutes, fires, quiet, paused = quiet } = CASES[alert] as Case;
    const all: Record<string, string> = { instance: "here:9464", ...labels };
    const filled = (text: string) => text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, name) => all[name] ?? "");
    const told = Object.fromEntries(Object.entries(annotations).map(([name, text]) => [name, filled(text)]));
    const expected = [{ exp_labels: { ...all, ...own }, exp_annotations: told }];
    return [...new Set([fires, quiet, paused])].map((series) => ({
      interval: "1m",
      input_series: Object.entries(series).map(([name, values]) => ({ series: withInstance(name), values })),
      alert_rule_test: [{ eval_time: `${atMinutes}m`, alertname: alert, exp_alerts: series === fires ? expected : [] }],
    }));
  });
}

function withInstance(series: string): string {
  const [name, labels = ""] = series.split(/[{}]/);
  return `${name}{instance="here:9464"${labels === "" ? "" : `,${labels}`}}`;
}

describe("the alert rules", () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "hearsay-rules-"));
  });
  after(() => rm(root, { recursive: true }));

  it("name metrics that exist; each has a severity, a summary, a sentence that says what to do, and a case below", async () => {
    const rules = await readRules();
    assert.deepEqual(rules.map(({ alert }) => alert).sort(), Object.keys(CASES).sort());
    for (const { alert, expr, labels, annotations } of rules) {
      assert.deepEqual(unknownIn(expr), [], alert);
      assert.match(labels.severity ?? "", /^(?:critical|warning|info)$/, alert);
      assert.match(annotations.summary ?? "", /\{\{ \$labels\.instance \}\}/, alert);
      assert.match(annotations.runbook ?? "", /^\S.{40,}\.$/, alert);
    }
  });

  it("are named in the page about them, each", async () => {
    const page = await readFile(join(OPS, "README.md"), "utf8");
    for (const { alert } of await readRules()) assert.ok(page.includes(`\`${alert}\``), alert);
  });

  it("are taken by Prometheus, with the configuration that names them", {
    skip: withoutProgram(promtool, "prometheus"),
  }, async () => {
    const { stdout } = await run(promtool ?? "", ["check", "config", join(OPS, "prometheus/prometheus.yml")]);
    assert.match(stdout, new RegExp(`SUCCESS: ${Object.keys(CASES).length} rules found`));
  });

  it("fire when they should, and not when there is no reason", {
    skip: withoutProgram(promtool, "prometheus"),
  }, async () => {
    const file = join(root, "rules.test.yml");
    await writeFile(
      file,
      stringify({ rule_files: [RULES], evaluation_interval: "1m", tests: testsOf(await readRules()) }),
    );
    await run(promtool ?? "", ["test", "rules", file], { timeout: 60_000 });
  });
});

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
}

describe("the board", () => {
  it("has panels that lie beside one another, each with a sentence about it, and names metrics that exist", async () => {
    const text = await readFile(join(OPS, "grafana/dashboards/hearsay.json"), "utf8");
    const board = JSON.parse(text) as { uid: string; schemaVersion: number; title: string; panels: Panel[] };
    assert.deepEqual([board.uid, board.title, board.schemaVersion >= 36], ["hearsay", "Hearsay peers", true]);
    const ids = board.panels.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const cells = new Set<string>();
    for (const { title, type, description, gridPos, targets } of board.panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(x < 24 && !cells.has(`${x},${y}`), title);
          cells.add(`${x},${y}`);
        }
      if (type === "row") continue;
      assert.match(description ?? "", /\.$/, title);
      assert.ok(targets !== undefined && targets.length > 0, title);
      for (const { expr } of targets) assert.deepEqual(unknownIn(expr), [], title);
    }
  });

  it("is found by Grafana where its files are put: provider and source of data are named in them", async () => {
    const provider = parse(await readFile(join(OPS, "grafana/provisioning/dashboards/hearsay.yml"), "utf8"));
    assert.equal(provider.apiVersion, 1);
    assert.equal(provider.providers[0].type, "file");
    const source = parse(await readFile(join(OPS, "grafana/provisioning/datasources/prometheus.yml"), "utf8"));
    assert.equal(source.datasources[0].type, "prometheus");
    const board = JSON.parse(await readFile(join(OPS, "grafana/dashboards/hearsay.json"), "utf8"));
    assert.equal(board.templating.list[0].current.value, source.datasources[0].uid);
  });
});
