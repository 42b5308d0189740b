import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { stringify } from "yaml";
import { loadConfig } from "../../node/config.ts";
import { SETTINGS, valueAt } from "../../node/settings/table.ts";
import { isHearsayError } from "../../protocol/base/errors.ts";
import type { Fault } from "../../protocol/base/faults.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearsay-config-"));
});
after(() => rm(root, { recursive: true }));

let files = 0;
/** A file of settings, or of any text. */
async function file(content: unknown): Promise<string> {
  const path = join(root, `config-${files++}.yaml`);
  await writeFile(path, typeof content === "string" ? content : stringify(content));
  return path;
}

/** The faults of a configuration, which must have some. */
async function faultsOf(
  settings: unknown,
  environment: Record<string, string> = {},
  flags: Record<string, unknown> = {},
): Promise<{ faults: readonly Fault[]; message: string }> {
  try {
    await loadConfig(await file(settings), environment, flags);
  } catch (error) {
    assert.ok(isHearsayError(error, "ERR_CONFIG"));
    return { faults: error.details.faults as readonly Fault[], message: error.message };
  }
  return assert.fail("no fault was found");
}

describe("the configuration", () => {
  it("has a default for everything; no file is needed", async () => {
    const config = await loadConfig(undefined, {}, {});
    assert.deepEqual(await loadConfig(join(root, "missing.yaml"), {}, {}), config);
    assert.deepEqual(await loadConfig(await file(""), {}, {}), config);
    assert.deepEqual(config.listen, ["/ip4/0.0.0.0/tcp/0"]);
    assert.deepEqual([config.bootstrap, config.mdns, config.engine, config.data.holdout], [[], true, "auto", 0.2]);
  });

  it("comes from the file, then the environment, then flags, the later ones first in rank", async () => {
    const path = await file({ maxOutbound: 1, minCycleMs: 1, engine: "dense", data: { label: "file", owner: "file" } });
    const environment = { HEARSAY_MIN_CYCLE_MS: "2", HEARSAY_ENGINE: "tensorflow", HEARSAY_DATA_LABEL: "environment" };
    const config = await loadConfig(path, environment, { engine: "auto", "data.label": undefined });
    assert.deepEqual([config.maxOutbound, config.minCycleMs, config.engine], [1, 2, "auto"]);
    assert.deepEqual(
      [config.data.label, config.data.owner],
      ["environment", "file"],
      "a flag that is not given is none",
    );
  });

  it("takes names of columns as one text or as a list, also such that YAML reads as numbers or booleans", async () => {
    const path = await file({ data: { drop: ["a, b", 2019, true], missing: -9999, columns: "a,b" } });
    const { drop, missing, columns } = (await loadConfig(path, {}, {})).data;
    assert.deepEqual([drop, missing, columns], [["a, b", "2019", "true"], "-9999", "a,b"]);
  });

  it("takes every setting from the environment too", async () => {
    const values: Record<string, [text: string, value: unknown]> = {
      HEARSAY_PRESET: ["wan", "wan"],
      HEARSAY_LISTEN: ["/ip4/127.0.0.1/tcp/1, /ip6/::1/tcp/2", ["/ip4/127.0.0.1/tcp/1", "/ip6/::1/tcp/2"]],
      HEARSAY_BOOTSTRAP: ["/dns4/peer.example/tcp/4001", ["/dns4/peer.example/tcp/4001"]],
      HEARSAY_MDNS: ["false", false],
      HEARSAY_MAX_OUTBOUND: ["7", 7],
      HEARSAY_MIN_CYCLE_MS: ["0", 0],
      HEARSAY_BUDGET: ["lan=unlimited,lte=2MB/day", "lan=unlimited,lte=2MB/day"],
      HEARSAY_ENGINE: ["dense", "dense"],
      HEARSAY_PAGE: ["false", false],
      HEARSAY_LOG_LEVEL: ["silent", "silent"],
      HEARSAY_NAME: ["Roof 7", "Roof 7"],
      HEARSAY_METRICS: ["127.0.0.1:9464", "127.0.0.1:9464"],
      HEARSAY_RELEASE_CANARY: ["true", true],
      HEARSAY_RELEASE_ON_PROMOTE: ["echo it", "echo it"],
      HEARSAY_TRAINER_COMMAND: ["python train.py", "python train.py"],
      HEARSAY_TRAINER_SOCKET: ["true", true],
      HEARSAY_TRAINER_START_SECONDS: ["20", 20],
      HEARSAY_TRAINER_ANSWER_SECONDS: ["30", 30],
      HEARSAY_TRAINER_MEMORY_MEGABYTES: ["2000", 2000],
      HEARSAY_RETENTION_COUNT: ["5", 5],
      HEARSAY_RETENTION_MEGABYTES: ["0.5", 0.5],
      HEARSAY_RETENTION_HOURS: ["0", 0],
      HEARSAY_RETENTION_MEGABYTES_PER_MINUTE: ["60", 60],
      HEARSAY_RETENTION_INPUTS: ["false", false],
      HEARSAY_DATA_PATH: ["a.csv", "a.csv"],
      HEARSAY_DATA_DATASET: ["digits", "digits"],
      HEARSAY_DATA_TARGETS: ["y.npy", "y.npy"],
      HEARSAY_DATA_LABEL: ["kind", "kind"],
      HEARSAY_DATA_OWNER: ["who", "who"],
      HEARSAY_DATA_COLUMNS: ["a,b", "a,b"],
      HEARSAY_DATA_DROP: ["time", "time"],
      HEARSAY_DATA_MISSING: ["-9999", "-9999"],
      HEARSAY_DATA_ENCODING: ["windows-1252", "windows-1252"],
      HEARSAY_DATA_DELIMITER: ["tab", "\t"],
      HEARSAY_DATA_DECIMAL: ["comma", "comma"],
      HEARSAY_DATA_HOLDOUT_PATH: ["b.csv", "b.csv"],
      HEARSAY_DATA_HOLDOUT: ["0.5", 0.5],
      HEARSAY_DATA_HOLDOUT_BY: ["time", "time"],
      HEARSAY_DATA_STRICT: ["true", true],
      HEARSAY_DATA_SHARE: ["2/8", "2/8"],
      HEARSAY_DATA_PARTITION: ["shards:2", "shards:2"],
      HEARSAY_DATA_SEED: ["9", 9],
      HEARSAY_DATA_KEEP_BEST: ["true", true],
      HEARSAY_GATEWAY: ["prefer", "prefer"],
      HEARSAY_CLUSTER: [
        "/ip4/192.168.1.2/tcp/4001/p2p/12D3KooWGRUfBkMvTHoMHvrVrAQdNZrFWzA5YKaqoSJVh3yXpCab",
        ["/ip4/192.168.1.2/tcp/4001/p2p/12D3KooWGRUfBkMvTHoMHvrVrAQdNZrFWzA5YKaqoSJVh3yXpCab"],
      ],
      HEARSAY_ENGINE_THREAD: ["false", false],
      HEARSAY_MODEL_FILE_SECONDS: ["60", 60],
      HEARSAY_KEEP_CODE: ["false", false],
      HEARSAY_SAVING_WATTS: ["3.5", 3.5],
      HEARSAY_SAVING_TRAIN_ON: ["mains", "mains"],
      HEARSAY_SAVING_PULL_ON: ["unmetered", "unmetered"],
      HEARSAY_SAVING_POWER: ["battery", "battery"],
      HEARSAY_LEAF_DUTY_CYCLE: ["0.1", 0.1],
      HEARSAY_LEAF_SPREADING_FACTOR: ["9", 9],
      HEARSAY_LEAF_HEADER_BYTES: ["0", 0],
      HEARSAY_SAVING_LINK: ["metered", "metered"],
      HEARSAY_SELECT_BY: ["link", "link"],
      HEARSAY_SELECT_FLOOR: ["0.5", 0.5],
      HEARSAY_SELECT_PER_PREFIX: ["2", 2],
      HEARSAY_STREAM_FOLLOW: ["true", true],
      HEARSAY_STREAM_WINDOW: ["reservoir:500", "reservoir:500"],
      HEARSAY_STREAM_TIME: ["at", "at"],
      HEARSAY_STREAM_ZONE: ["Europe/Berlin", "Europe/Berlin"],
      HEARSAY_STREAM_LAG: ["1..7", "1..7"],
      HEARSAY_STREAM_HORIZON: ["2", 2],
      HEARSAY_STREAM_STEP: ["1h", "1h"],
      HEARSAY_STREAM_LATENESS: ["2h", "2h"],
      HEARSAY_STREAM_CA: ["ca.pem", "ca.pem"],
      HEARSAY_STREAM_DRIFT: ["page-hinkley", "page-hinkley"],
      HEARSAY_STREAM_ON_DRIFT: ["window", "window"],
      HEARSAY_STREAM_DRIFT_RATE: ["2", 2],
      HEARSAY_STREAM_DRIFT_FOR: ["5m", "5m"],
    };
    assert.deepEqual(Object.keys(values).sort(), [...SETTINGS.values()].map(({ variable }) => variable).sort());
    for (const { path, variable } of SETTINGS.values()) {
      const [text, expected] = values[variable] as [string, unknown];
      assert.deepEqual(valueAt(await loadConfig(undefined, { [variable]: text }, {}), path), expected, variable);
    }
    assert.equal(
      (await loadConfig(undefined, { HEARSAY_MDNS: "0", HEARSAY_ENGINE: "" }, {})).engine,
      "auto",
      "empty is unset",
    );
  });

  it("that names data of one's own takes back a shipped set that a lower rank named, and the other way round", async () => {
    const shipped = await file({ data: { dataset: "digits" } });
    const { data } = await loadConfig(shipped, {}, { "data.path": "mine.csv" });
    assert.deepEqual([data.path, data.dataset], ["mine.csv", undefined]);
    const own = await file({ data: { path: "mine.csv" } });
    const other = await loadConfig(own, { HEARSAY_DATA_DATASET: "motes" }, {});
    assert.deepEqual([other.data.path, other.data.dataset], [undefined, "motes"]);
    await assert.rejects(loadConfig(own, {}, { "data.path": "mine.csv", "data.dataset": "motes" }), {
      message: /^--data and --dataset: give one of the two/,
    });
    await assert.rejects(loadConfig(undefined, { HEARSAY_DATA_PATH: "a.csv", HEARSAY_DATA_DATASET: "motes" }, {}), {
      message: /^HEARSAY_DATA_PATH and HEARSAY_DATA_DATASET: give one/,
    });
  });

  it("is told all its faults at once, each with path, value and what would be right", async () => {
    const { faults, message } = await faultsOf(
      {
        listen: ["/ip4/0.0.0.0/tcp/4001", "0.0.0.0:4001"],
        bootstrap: ["/ip4/192.0.2.1/udp/1/quic-v1"],
        mdns: "yes",
        maxOutbound: 0,
        colour: "red",
        data: { holdout: 1.5, share: "2 of 8", seeds: 1 },
      },
      { HEARSAY_MIN_CYCLE_MS: "soon" },
      { engine: "gpu" },
    );
    const expected: Record<string, RegExp> = {
      "listen.1": /is no multiaddr, such as \/ip4\/0\.0\.0\.0\/tcp\/4001 \(given: "0\.0\.0\.0:4001"\)/,
      "bootstrap.0": /is no multiaddr, such as .* \(given: "\/ip4\/192\.0\.2\.1\/udp\/1\/quic-v1"\)/,
      mdns: /boolean.*\(given: "yes"\)/,
      maxOutbound: />=1 \(given: 0\)/,
      minCycleMs: /number.*\(given: "soon"\)/,
      engine: /"auto"\|"dense"\|"tensorflow"\|"external" \(given: "gpu"\)/,
      "data.holdout": /<=0\.9 \(given: 1\.5\)/,
      "data.share": /the second of eight shares \(given: "2 of 8"\)/,
      "(top)": /"colour"/,
      data: /"seeds"/,
    };
    assert.deepEqual(faults.map(({ path }) => path).sort(), Object.keys(expected).sort(), message);
    for (const { path, message: why } of faults) {
      assert.match(why, expected[path] as RegExp);
      assert.ok(message.includes(`${path}: ${why}`), message);
    }
  });

  it("file that is no map, no YAML, or cannot be read is refused with its name", async () => {
    for (const text of ["- a\n- b", "just text", "5", "listen: [", "mdns: true\nmdns: false"]) {
      const path = await file(text);
      await assert.rejects(loadConfig(path, {}, {}), (error) => {
        return isHearsayError(error, "ERR_CONFIG") && error.message.includes(path) && error.details.file === path;
      });
    }
    await assert.rejects(loadConfig(root, {}, {}), { code: "ERR_CONFIG" });
  });

  it("file with a section left empty is told so, not crashed on", async () => {
    const { faults } = await faultsOf("data:\n");
    assert.deepEqual(
      faults.map(({ path }) => path),
      ["data"],
    );
    const config = await loadConfig(await file("data:\n"), {}, { "data.label": "x" });
    assert.equal(config.data.label, "x");
  });
});
