/** Metrics and health of real peers: two processes that learn together, one of which is watched, and Debian's Prometheus, which scrapes it. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse, stringify } from "yaml";
import type { PeerList } from "../../node/api/peer-list.ts";
import type { MeReport } from "../../node/commands/peer/me.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import type { Health } from "../../node/monitor/health.ts";
import { METRIC_ROWS } from "../../node/monitor/table.ts";
import { createLab, jsonLines, type Lab, type PeerProcess, until } from "../support/process.ts";
import { findProgram, withoutProgram } from "../support/program.ts";

const OPS = join(import.meta.dirname, "../../node/ops");
const TASK = { ...parse(TEMPLATES.digits.yaml), training: { steps: 2 }, aggregation: { inboxSize: 2, quorum: 1 } };
const dataOf = (share: string) => ["--dataset", "digits", "--share", share];
const prometheus = findProgram("prometheus");

interface Learning {
  readonly msg: string;
  readonly metrics?: string;
}

interface Line {
  readonly msg: string;
  readonly level: number;
  readonly peer: string;
  readonly cycle: number;
  readonly seq: number;
}

describe("the metrics of a peer", () => {
  let lab: Lab;
  let task: string;
  let watched: PeerProcess;
  let other: PeerProcess;
  let url: string;

  before(async () => {
    lab = await createLab("metrics");
    task = await lab.writeTask("task.yaml", TASK);
    other = lab.startPeer({ name: "other", task, args: dataOf("1/2") });
    const bootstrap = [await other.address()];
    const args = [...dataOf("2/2"), "--metrics", "127.0.0.1:0", "--budget", "2GB/day", "--name", "Roof 7"];
    watched = lab.startPeer({ name: "watched", task, bootstrap, args });
    const learning = await until("the address of the metrics", () => addressOf(watched));
    url = `http://${learning}`;
  });
  after(() => lab?.close());

  function addressOf(peer: PeerProcess): string | undefined {
    return jsonLines<Learning>(peer.stderr()).find(({ msg }) => msg === "learning")?.metrics;
  }

  async function ready(): Promise<Health & { readonly status: number }> {
    const response = await fetch(`${url}/readyz`);
    return { status: response.status, ...((await response.json()) as Health) };
  }

  const scrape = async () => (await fetch(`${url}/metrics`)).text();

  it("come as it learns, each that is documented, and libp2p's beside them; it is ready", async () => {
    await watched.waitFor("a merge", ({ counters }) => counters.merges > 0);
    const text = await until("a scrape after a merge", async () => {
      const scraped = await scrape();
      return /^hearsay_merges_total [1-9]/m.test(scraped) ? scraped : undefined;
    });
    for (const { name, kind } of METRIC_ROWS) assert.ok(text.includes(`# TYPE ${name} ${kind}\n`), name);
    assert.match(text, /^hearsay_neighbours 1$/m);
    assert.match(text, /^hearsay_connections\{kind="loopback",direction="out"\} [1-9]/m);
    assert.match(text, /^hearsay_holdout\{figure="accuracy"\} 0?\.?\d/m);
    assert.match(text, /^hearsay_training_duration_seconds_count [1-9]/m);
    assert.match(text, /^hearsay_merged_staleness_cycles_count [1-9]/m);
    assert.match(text, /^hearsay_budget_left_bytes\{link="all"\} [1-9]/m);
    assert.match(text, /^libp2p_data_transfer_bytes_total\{protocol="[^"]*hearsay[^"]*"\} [1-9]/m);
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    assert.deepEqual(await ready().then(({ status, ready }) => [status, ready]), [200, true]);
  });

  it("have lines of the log beside them that say who speaks, in which cycle, and how far the log was", async () => {
    const { peerId } = await watched.status();
    const line = await until("a line about a merge", () =>
      jsonLines<Line>(watched.stderr()).find(({ msg }) => msg === "merged"),
    );
    assert.equal(line.peer, peerId);
    assert.ok(line.cycle > 0 && line.seq > 0 && line.level === 30, JSON.stringify(line));
    const learning = jsonLines<Line>(watched.stderr()).find(({ msg }) => msg === "learning");
    assert.deepEqual([learning?.peer, typeof learning?.seq], [peerId, "number"]);
  });

  it("are numbers: who is there is told by hearsay peers, with the name that its owner gave it, and what others made of its models by hearsay me", async () => {
    const { peerId } = await watched.status();
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await lab.run([...args, "--json"]);
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    const { peers } = (await run("peers", "--state", other.stateDir)) as PeerList;
    const [{ peer, name, standing, routes, heardSecondsAgo, gave } = assert.fail()] = peers;
    assert.deepEqual([peer, name, standing], [peerId, "Roof 7", "known"]);
    assert.deepEqual(
      routes.map(({ kind, isOutbound }) => [kind, isOutbound]),
      [["loopback", false]],
    );
    assert.ok(heardSecondsAgo !== null && heardSecondsAgo < 60 && gave !== null && gave.merges > 0);
    const me = (await run("me", "--state", watched.stateDir)) as MeReport;
    assert.ok(me.own > 0 && me.own < 1 && me.status.holdout !== null);
    assert.deepEqual([me.comparison?.metric.name, (me.comparison?.naive ?? 0) > 0], ["accuracy", true]);
    const [part = assert.fail()] = me.others;
    assert.ok(part.failed === undefined && part.merges > 0 && part.statuses.used > 0, JSON.stringify(part));
    const { code, stdout } = await lab.run(["status", "--state", other.stateDir]);
    assert.equal(code, 0);
    assert.match(stdout, /not heard +nobody: all 1 known peers were heard lately/);
  });

  it("have no peer id and no secret in them", async () => {
    const text = await scrape();
    assert.doesNotMatch(text, /12D3Koo|Qm[1-9A-Za-z]{40}/);
    const { token } = JSON.parse(await readFile(join(watched.stateDir, "api.json"), "utf8"));
    assert.ok(!text.includes(token));
    assert.ok(text.length < 100_000, `${text.length} bytes`);
  });

  it("are asked for at an address that is taken: the peer says so, and ends with status 2", async () => {
    const args = ["up", "--state", lab.path("third"), "--task", task, "--listen", "/ip4/127.0.0.1/tcp/0", "--no-mdns"];
    const { code, stderr } = await lab.run([...args, ...dataOf("1/2"), "--metrics", new URL(url).host]);
    assert.equal(code, 2, stderr);
    assert.match(
      stderr,
      /cannot serve metrics at 127\.0\.0\.1:\d+: another program listens there.*--metrics.*ERR_CONFIG/,
    );
  });

  it("are what Debian's Prometheus scrapes, and every expression of the board has an answer", {
    skip: withoutProgram(prometheus, "prometheus"),
  }, async () => {
    const server = await startPrometheus(lab, new URL(url).host);
    try {
      await until("a scrape", async () =>
        (await server.ask('up{job="hearsay"}'))[0]?.value === "1" ? true : undefined,
      );
      for (const expr of await boardExpressions()) {
        const answer = await server.ask(expr);
        if (/^hearsay_(?:neighbours|ready|holdout|cycles_total|log_entries)\{[^}]*\}$/.test(expr))
          assert.ok(answer.length > 0, `${expr}: nothing`);
      }
      assert.equal((await server.ask('hearsay_ready{check="learning"}'))[0]?.value, "1");
    } finally {
      await server.stop();
    }
  });

  it("say that it is not ready once its neighbour is killed, with the reason, and that it lives", async () => {
    await other.kill();
    const { checks } = await until("503", async () => {
      const health = await ready();
      return health.status === 503 ? health : undefined;
    });
    const failed = checks.filter(({ ok }) => !ok);
    assert.deepEqual(
      failed.map(({ reason }) => reason),
      ["0 neighbours; a merge needs the models of 1 others"],
    );
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
  });
});

/** The expressions of the board, for all peers. */
async function boardExpressions(): Promise<string[]> {
  const board = JSON.parse(await readFile(join(OPS, "grafana/dashboards/hearsay.json"), "utf8"));
  const targets = board.panels.flatMap(({ targets = [] }: { targets?: { expr: string }[] }) => targets);
  return targets.map(({ expr }: { expr: string }) => expr.replaceAll("$instance", ".*"));
}

interface Answer {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: string;
}

interface QueryAnswer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly { readonly metric: Answer["metric"]; readonly value: readonly [number, string] }[];
  };
}

interface PrometheusServer {
  /** The newest values. @throws Error where the expression is none. */
  ask(expr: string): Promise<Answer[]>;
  stop(): Promise<void>;
}

/** With our rules, scraping twice a second. */
async function startPrometheus(lab: Lab, target: string): Promise<PrometheusServer> {
  const config = parse(await readFile(join(OPS, "prometheus/prometheus.yml"), "utf8"));
  config.global = { scrape_interval: "500ms", scrape_timeout: "400ms", evaluation_interval: "1s" };
  config.rule_files = [join(OPS, "prometheus/hearsay.rules.yml")];
  config.scrape_configs[0].static_configs[0].targets = [target];
  const file = await lab.write("prometheus.yml", stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const args = [`--config.file=${file}`, `--storage.tsdb.path=${lab.path("tsdb")}`, `--web.listen-address=${address}`];
  const child: ChildProcess = spawn(prometheus ?? "", args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  process.once("exit", () => child.kill("SIGKILL"));
  const isUp = () =>
    fetch(`http://${address}/-/ready`).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    );
  await until("Prometheus", isUp);
  return {
    async ask(expr) {
      const response = await fetch(`http://${address}/api/v1/query?${new URLSearchParams({ query: expr })}`);
      const { status, error, data } = (await response.json()) as QueryAnswer;
      assert.equal(status, "success", `${expr}: ${error}`);
      return data.result.map(({ metric, value }) => ({ metric, value: value[1] }));
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : assert.fail();
}
