/** The scenario parser: every fault at once, with its path and what to do; defaults; and the hash that names an experiment. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Fault } from "../../../protocol/base/faults.ts";
import { ALGORITHMS } from "../../../sim/algorithms/registry.ts";
import { ATTACKS } from "../../../sim/attacks/registry.ts";
import { withValue } from "../../../sim/compare/sweep-paths.ts";
import { parseScenario, type Scenario, scenarioHash } from "../../../sim/run/scenario.ts";
import type { Changes } from "../../support/experiments.ts";

const LEAST = { name: "least", data: { set: "digits" } };

function faultsOf(source: unknown): readonly Fault[] {
  try {
    parseScenario(source);
  } catch (error) {
    assert.ok(error instanceof HearsayError && error.code === "ERR_CONFIG", String(error));
    const faults = error.details.faults as readonly Fault[];
    assert.ok(error.message.includes(`${faults.length} fault`));
    for (const { path, message } of faults) assert.ok(error.message.includes(`${path}: ${message}`));
    return faults;
  }
  return [];
}

/** The only fault of `changes`. */
function faultOf(changes: Changes): Fault {
  const faults = faultsOf({ ...LEAST, ...changes });
  assert.equal(faults.length, 1, JSON.stringify(faults));
  return faults[0] as Fault;
}

const hashOf = (source: unknown) => scenarioHash(parseScenario(source), nodeCrypto);

describe("a scenario", () => {
  it("of a name and a data set is complete", () => {
    const expected: Scenario = {
      version: 1,
      name: "least",
      about: "",
      data: { set: "digits", rows: 0, rowsPerPeer: 0 },
      partition: "iid",
      task: {},
      peers: 30,
      algorithm: { kind: "hearsay" },
      cycles: 60,
      devices: { cycleSeconds: 1, speedSigma: 0.6, stragglers: { share: 0, slowdown: 20 } },
      network: {
        topology: { kind: "random", degree: 32 },
        announcements: "neighbours",
        latency: { kind: "constant", ms: 20 },
        loss: { messages: 0, packets: 0 },
        partitions: [],
        nat: { cone: 0, portRestricted: 0, symmetric: 0 },
      },
      churn: { kind: "always-on" },
      signatures: false,
      logs: "heads",
      metrics: { points: 20, peers: 100, rows: 0 },
      seed: 1,
    };
    assert.deepEqual(parseScenario(LEAST), expected);
  });

  it("is a scenario itself once it is complete, attack and all", () => {
    for (const more of [{}, { attack: "alie", churn: { kind: "exponential", meanOnSeconds: 1, meanOffSeconds: 2 } }]) {
      const complete = parseScenario({ ...LEAST, ...more });
      assert.deepEqual(parseScenario(JSON.parse(JSON.stringify(complete))), complete);
    }
  });

  it("tells all faults at once, each with its path and the value that was given", () => {
    const faults = faultsOf({
      name: "Not A Name",
      data: { set: 5, row: 3 },
      peers: 0,
      cycles: -1,
      devices: { cycleSeconds: 0, stragglers: { share: 2 } },
      network: { topology: 3, loss: { packets: 0.95 } },
      churn: { kind: "exponential", meanOnSeconds: 3 },
      metrics: { points: 1.5, target: 80 },
      logs: "none",
      seed: -1,
      speed: 3,
    });
    const paths = [
      ...["name", "data.set", "data", "peers", "cycles", "devices.cycleSeconds", "devices.stragglers.share"],
      ...["network.topology", "network.loss.packets", "churn.meanOffSeconds", "logs", "metrics.points"],
      ...["metrics.target", "seed", "(top)"],
    ];
    assert.deepEqual(faults.map(({ path }) => path).toSorted(), paths.toSorted());
    const at = (wanted: string) => faults.find(({ path }) => path === wanted)?.message ?? "";
    assert.match(at("name"), /1 to 64 of a-z.*given: "Not A Name"/);
    assert.match(at("peers"), /given: 0/);
    assert.match(at("(top)"), /"speed"/);
    assert.match(at("network.topology"), /give a name, or \{ kind: NAME, \.\.\.options \}.*given: 3/);
  });

  it("tells all faults of algorithm, attack, partition and logs at once too, with what there is instead", () => {
    const faults = faultsOf({
      ...LEAST,
      algorithm: { kind: "gosip" },
      attack: { kind: "sign-flip", scael: 3 },
      network: { topology: "star" },
      partition: "dirichlet",
      logs: "heads",
      churn: { kind: "trace", sessions: [] },
    });
    assert.deepEqual(
      faults.map(({ path }) => path),
      ["algorithm.kind", "attack", "network.topology.kind", "partition", "logs"],
    );
    const [algorithm, attack, topology, how, logs] = faults.map(({ message }) => message);
    assert.match(algorithm ?? "", /"gosip" is unknown; one of hearsay,.*gossip/);
    assert.match(attack ?? "", /scael/);
    assert.match(topology ?? "", /"star" is unknown; one of complete, random,/);
    assert.match(how ?? "", /ALPHA must be.*give iid, dirichlet:ALPHA/);
    assert.match(logs ?? "", /restart.*keep/);
  });

  it("names an option of an attack or an algorithm that is wrong, by its path", () => {
    assert.equal(faultOf({ attack: { kind: "sybil", identities: 0 } }).path, "attack.identities");
    assert.equal(faultOf({ attack: { kind: "backdoor", poison: 2 } }).path, "attack.poison");
    assert.equal(faultOf({ attack: { kind: "alie", share: 1.5 } }).path, "attack.share");
    assert.equal(faultOf({ algorithm: { kind: "epidemic", fanout: "two" } }).path, "algorithm.fanout");
    assert.match(faultOf({ attack: "sign-flop" }).message, /"sign-flop" is unknown; one of sign-flip,/);
  });

  it("tells what does not go with links that peers make by themselves", () => {
    const membership = { network: { topology: { kind: "membership" } } };
    const kind = "network.topology.kind";
    assert.deepEqual(parseScenario({ ...LEAST, ...membership }).network.topology, {
      kind: "membership",
      bootstrap: 2,
      maxOutbound: 32,
    });
    const faults = faultsOf({
      ...LEAST,
      ...membership,
      algorithm: "d-psgd",
      attack: "eclipse",
      churn: { kind: "vehicles" },
    });
    assert.deepEqual(
      faults.map(({ path }) => path),
      [kind, kind, kind],
    );
    const [algorithm, attack, churn] = faults.map(({ message }) => message);
    assert.match(algorithm ?? "", /d-psgd has links only: choose another topology/);
    assert.match(attack ?? "", /eclipse arranges links/);
    assert.match(churn ?? "", /vehicles says who is connected to whom: leave the topology out/);
    const few = { peers: 3, network: { topology: { kind: "membership", bootstrap: 3 } } };
    assert.deepEqual(faultOf(few).path, "network.topology.bootstrap");
    assert.match(faultOf(few).message, /lower it \(given: 3\)/);
    for (const option of [{ bootstrap: 0 }, { maxOutbound: 0 }, { maxOutbound: 301 }, { degree: 3 }])
      assert.match(
        faultOf({ network: { topology: { kind: "membership", ...option } } }).path,
        /^network\.topology(?:\.(?:bootstrap|maxOutbound))?$/,
      );
  });

  it("takes attack, algorithm and topology by name alone, with the defaults of the registry", () => {
    for (const kind of ATTACKS.keys()) {
      const { attack } = parseScenario({ ...LEAST, attack: kind });
      assert.deepEqual(attack, parseScenario({ ...LEAST, attack: { kind, share: 0.2 } }).attack);
      assert.deepEqual([attack?.kind, attack?.share], [kind, 0.2]);
    }
    for (const kind of ALGORITHMS.keys())
      assert.deepEqual(
        parseScenario({ ...LEAST, algorithm: kind }).algorithm,
        parseScenario({ ...LEAST, algorithm: { kind } }).algorithm,
      );
    assert.deepEqual(parseScenario({ ...LEAST, network: { topology: "ring" } }).network.topology, {
      kind: "ring",
      degree: 2,
    });
    for (const wrong of [5, {}, { share: 0.1 }]) {
      const { path, message } = faultOf({ attack: wrong });
      assert.equal(path, "attack");
      assert.match(message, /name.*kind.*hearsay sim list/);
    }
  });

  it("in which everybody lies is refused: there would be nobody to measure", () => {
    const { path, message } = faultOf({ peers: 4, attack: { kind: "alie", share: 0.9 } });
    assert.equal(path, "attack.share");
    assert.match(message, /0\.9 of 4 peers.*lower/);
    assert.equal(faultsOf({ ...LEAST, peers: 4, attack: { kind: "alie", share: 0.8 } }).length, 0);
  });

  it("keeps whole logs where peers restart and heads elsewhere, and takes no heads where they restart", () => {
    const exponential = { kind: "exponential", meanOnSeconds: 1, meanOffSeconds: 1 };
    const trace = { kind: "trace", sessions: [[0, 1, 0]] };
    const encounters = { kind: "encounters", contacts: [] };
    for (const [churn, logs] of [
      [exponential, "keep"],
      [trace, "keep"],
      [encounters, "heads"],
      [{ kind: "vehicles" }, "heads"],
    ] as const)
      assert.equal(parseScenario({ ...LEAST, churn }).logs, logs);
    for (const churn of [exponential, trace]) assert.equal(faultOf({ churn, logs: "heads" }).path, "logs");
    assert.equal(parseScenario({ ...LEAST, logs: "keep" }).logs, "keep");
  });
});

describe("the hash of a scenario", () => {
  const full = {
    ...LEAST,
    attack: { kind: "alie", share: 0.3 },
    network: { partitions: [{ from: 0.2, to: 0.5 }], bandwidth: { uploadKbps: 100, downloadKbps: 1000 } },
    task: { training: { steps: 3, learningRate: 0.05 } },
    metrics: { target: 0.8 },
  };

  it("is the same in whatever order the fields stand, and with defaults spelt out", () => {
    const reversed = (value: unknown): unknown =>
      typeof value !== "object" || value === null || Array.isArray(value)
        ? value
        : Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, inner]) => [key, reversed(inner)]),
          );
    assert.equal(hashOf(reversed(full)), hashOf(full));
    assert.equal(hashOf(parseScenario(full)), hashOf(full));
    assert.equal(hashOf({ ...full, peers: 30, partition: "iid" }), hashOf(full));
  });

  it("is the same under every seed", () => {
    assert.equal(hashOf({ ...full, seed: 2 ** 32 - 1 }), hashOf(full));
  });

  it("differs with every other field", () => {
    const changes: Record<string, unknown> = {
      name: "other",
      about: "x",
      "data.set": "motes",
      "data.rows": 5,
      "data.rowsPerPeer": 5,
      "data.label": "l",
      "data.owner": "o",
      partition: "shards:2",
      "task.training.steps": 4,
      "task.training.learningRate": 0.05000001,
      peers: 31,
      algorithm: { kind: "gossip" },
      cycles: 60.5,
      "devices.cycleSeconds": 2,
      "devices.speedSigma": 0.5,
      "devices.stragglers.share": 0.1,
      "devices.battery": {},
      "network.topology": { kind: "complete" },
      "network.announcements": "flood",
      "network.latency": { kind: "constant", ms: 21 },
      "network.bandwidth.sigma": 0.1,
      "network.loss.messages": 0.1,
      "network.partitions.0.to": 0.6,
      "network.nat.cone": 0.1,
      churn: { kind: "vehicles" },
      "attack.kind": "ipm",
      "attack.share": 0.31,
      signatures: true,
      logs: "keep",
      "metrics.points": 21,
      "metrics.peers": 99,
      "metrics.rows": 10,
      "metrics.target": 0.81,
    };
    const hashes = Object.entries(changes).map(([path, value]) => hashOf(withValue(full, path, value)));
    assert.equal(new Set([hashOf(full), ...hashes]).size, 1 + hashes.length);
    const named = new Set(Object.keys(changes).map((path) => path.split(".")[0]));
    for (const field of Object.keys(parseScenario(full)))
      assert.ok(named.has(field) || ["version", "seed"].includes(field), `${field} is not tried`);
  });
});

describe("the documentation of scenarios", () => {
  it("names every algorithm and attack with all its options, and the defaults of attacks", async () => {
    const lines = (await readFile(new URL("../../../sim/MODELS.md", import.meta.url), "utf8")).split("\n");
    const rowOf = (name: string) => lines.find((line) => line.startsWith(`| ${name} |`)) ?? "";
    for (const [name, { options }] of ALGORITHMS)
      for (const option of Object.keys(options.parse({}) as object))
        assert.ok(rowOf(`\`${name}\``).includes(`\`${option}\``), `${name}: ${option}`);
    for (const [name, { options }] of ATTACKS) {
      assert.notEqual(rowOf(name), "", name);
      for (const [option, value] of Object.entries(options.parse({}) as object)) {
        const text = option === "noise" && value === 0 ? option : `${option} ${value}`;
        assert.ok(rowOf(name).includes(text), `${name}: ${text}`);
      }
    }
  });
});
