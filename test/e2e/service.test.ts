/**
 * The unit of a peer under a real systemd. The peer says when it learns, is started again when it is killed, goes on with its log, and ends when systemd stops it.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { parse, stringify } from "yaml";
import type { StatusReport } from "../../node/api/api.ts";
import { askApi } from "../../node/api/ask.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { unitText } from "../../node/service/unit.ts";
import { type Installed, installBundle } from "../support/installed.ts";
import { createLab, type Lab, sleep, until } from "../support/process.ts";
import { type BootedSystemd, bootSystemd, withoutSystemd, writeUnits } from "../support/systemd.ts";

const ASK_EVERY_MS = 250;
/** Of each control group, with version 1 of cgroups beside it too, where version 2 has no `memory.high`. It stands for that file, and takes a number. */
const BOUND = { file: "cgroup.max.descendants", value: "61" };

describe("a peer as a service of systemd", { skip: withoutSystemd() }, () => {
  let lab: Lab;
  let installed: Installed;
  let systemd: BootedSystemd;

  before(async () => {
    lab = await createLab("service");
    installed = await installBundle();
    const state = lab.path("state");
    const task = await lab.writeTask("task.yaml", { ...parse(TEMPLATES.digits.yaml), model: { kind: "softmax" } });
    const config = await lab.write(
      "config.yaml",
      stringify({ data: { dataset: "digits" }, mdns: false, listen: ["/ip4/127.0.0.1/tcp/0"] }),
    );
    const args = ["--task", task, "--config", config];
    const place = { kind: "system", stateDir: state, account: "root" } as const;
    const unit = unitText({ place, command: [process.execPath, installed.cli], args, memoryHigh: BOUND.value })
      .replace("/memory.high", `/${BOUND.file}`)
      // files of tests lie under /tmp, of which the peer has one of its own, and systemd a place for the state that is there already
      .replace("PrivateTmp=yes\n", "")
      .replace(/^ReadWritePaths=.*$/m, `ReadWritePaths=${lab.directory}`)
      .replace("RestartSec=5", "RestartSec=1");
    await writeUnits(
      lab.path("units"),
      { "hearsay.service": unit.replace("[Unit]", "[Unit]\nDefaultDependencies=no") },
      "hearsay.service",
    );
    systemd = await bootSystemd(`export SYSTEMD_UNIT_PATH=${lab.path("units")}`);
  });
  after(async () => {
    systemd?.end();
    await installed?.remove();
    await lab?.close();
  });

  /** Of the peer that runs now, as soon as it has gone beyond `cycle`; another than that of `pid`. */
  function learning(cycle: number, notPid = 0): Promise<{ readonly status: StatusReport; readonly pid: number }> {
    return until(
      () => `the peer learns; systemd said:\n${systemd.said()}`,
      async () => {
        const pid = await systemd.peerPid();
        if (pid === undefined || pid === notPid) return undefined;
        const status = await askApi(lab.path("state"), "/status").then(
          (answer) => answer?.json() as Promise<StatusReport>,
          () => undefined,
        );
        return status !== undefined && status.cycle > cycle ? { status, pid } : undefined;
      },
    );
  }

  it("has its bound written to the control group of the peer once it learns, out of all that shuts the peer in", async () => {
    await learning(0);
    const shown = systemd.run("systemctl", "show", "--value", "--property=ControlGroup", "hearsay.service");
    const group = shown.stdout.trim();
    assert.match(group, /\/hearsay\.service$/);
    const bound = () => systemd.run("cat", `/sys/fs/cgroup${group}/${BOUND.file}`).stdout.trim();
    await until(
      () => `the bound is ${BOUND.value}, not ${bound()}; systemd said:\n${systemd.said()}`,
      async () => {
        await sleep(ASK_EVERY_MS);
        return bound() === BOUND.value || undefined;
      },
    );
  });

  it("learns, is started again after kill -9 with its log, and ends when systemd stops it", async () => {
    const first = await learning(2);
    assert.equal(first.status.generation, 0);
    process.kill(first.pid, "SIGKILL");
    const second = await learning(first.status.cycle, first.pid);
    assert.equal(second.status.peerId, first.status.peerId);
    assert.ok(second.status.logSize >= first.status.logSize); // alone it waits to hear whether others know more of its log
    const stopped = systemd.run("systemctl", "stop", "hearsay.service");
    assert.equal(stopped.status, 0, stopped.stderr);
    const shown = systemd.run("systemctl", "show", "--property=Result,NRestarts", "hearsay.service");
    assert.equal(shown.stdout, "Result=success\nNRestarts=1\n");
    assert.equal(await askApi(lab.path("state"), "/status"), undefined);
  });
});
