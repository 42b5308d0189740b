import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createMonitor, type MonitorSource } from "../../../node/monitor/monitor.ts";
import { createTallies } from "../../../node/monitor/tallies.ts";
import type { Company } from "../../../node/net/company.ts";
import { STATUS } from "../../support/readings.ts";

const company: Company = { peers: () => [], silence: () => STATUS.silence, connections: () => [] };

describe("a monitor", () => {
  let stateDir: string;
  before(async () => {
    stateDir = await mkdtemp(join(tmpdir(), "hearsay-monitor-"));
    await mkdir(join(stateDir, "db"));
    await mkdir(join(stateDir, "former"));
    await writeFile(join(stateDir, "db", "000003.log"), new Uint8Array(5000));
    await writeFile(join(stateDir, "former", "x"), new Uint8Array(100));
    await writeFile(join(stateDir, "key"), new Uint8Array(68));
  });
  after(() => rm(stateDir, { recursive: true }));

  function source(clock: { nowMs: number }, status: MonitorSource["status"]): MonitorSource {
    const time = { now: () => clock.nowMs, monotonicMs: () => clock.nowMs };
    return { ...{ stateDir, minCycleMs: 1000, status, company }, tallies: createTallies(time), clock: time };
  }

  it("reads once a second however many ask, and the same for metrics and checks", async () => {
    const clock = { nowMs: 0 };
    let asked = 0;
    const status = async () => ({ ...STATUS, cycle: ++asked });
    const monitor = createMonitor(source(clock, status));
    const texts = await Promise.all(Array.from({ length: 50 }, () => monitor.metrics()));
    await monitor.health();
    assert.equal(asked, 1);
    assert.equal(new Set(texts).size, 1);
    assert.match(texts[0] ?? "", /^hearsay_cycles_total 1$/m);
    clock.nowMs = 1000;
    assert.match(await monitor.metrics(), /^hearsay_cycles_total 2$/m);
    monitor.stop();
  });

  it("asks again after a peer that could not be asked", async () => {
    let isEnding = true;
    const status = async () => {
      if (isEnding) throw new Error("the store is closed");
      return STATUS;
    };
    const monitor = createMonitor(source({ nowMs: 0 }, status));
    await assert.rejects(monitor.metrics(), /closed/);
    isEnding = false;
    assert.match(await monitor.metrics(), /hearsay_log_entries 81/);
    monitor.stop();
  });

  it("tells memory, time, room on the disk and the size of each part of the state directory", async () => {
    const monitor = createMonitor(source({ nowMs: 0 }, async () => STATUS));
    const text = await monitor.metrics();
    assert.match(text, /^hearsay_state_bytes\{part="database"\} 5000$/m);
    assert.match(text, /^hearsay_state_bytes\{part="bodies"\} 48000$/m);
    assert.match(text, /^hearsay_state_bytes\{part="other"\} 168$/m);
    assert.match(text, /^process_resident_memory_bytes [1-9]\d{6,}$/m);
    assert.match(text, /^hearsay_disk_free_bytes [1-9]/m);
    assert.match(text, /^hearsay_event_loop_lag_seconds\{quantile="1"\} [\d.e-]+$/m);
    assert.match(text, /^hearsay_ready\{check="learning"\} 0$/m, "no cycle has ended");
    monitor.stop();
  });
});
