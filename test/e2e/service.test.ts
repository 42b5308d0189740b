/**
 * The unit of a peer under a real systemd: PID 1 of a namespace of its own, with nothing but that unit. The peer says when it learns, is started again when it
 * is killed, goes on with its log, and ends when systemd stops it.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { parse, stringify } from "yaml";
import { askApi, type StatusReport } from "../../node/api/api.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { unitText } from "../../node/service/unit.ts";
import { type Installed, installBundle } from "../support/installed.ts";
import { createLab, type Lab, until } from "../support/process.ts";

const SYSTEMD = "/usr/lib/systemd/systemd";
/** What has to be there for a start and a stop; each empty. */
const TARGETS = ["sysinit", "basic", "shutdown", "umount", "final", "exit", "network-online", "time-sync"];
/** No process of the namespace outlives this one: unshare kills its PID 1 when it ends. */
const UNSHARE = ["unshare", "--mount", "--pid", "--cgroup", "--fork", "--mount-proc", "--kill-child"];

const boot = (units: string) => `
mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir /run/systemd && mount -t cgroup2 none /sys/fs/cgroup
export container=hearsay-test SYSTEMD_UNIT_PATH=${units}
exec ${SYSTEMD} --system --log-target=console --log-level=warning --show-status=no
`;

describe("a peer as a service of systemd", { skip: whyNot() }, () => {
  let lab: Lab;
  let installed: Installed;
  let systemd: ChildProcess;
  let said = "";

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
    const unit = unitText({ place, command: [process.execPath, installed.cli], args })
      // files of tests lie under /tmp, of which the peer has one of its own, and systemd a place for the state that is there already
      .replace("PrivateTmp=yes\n", "")
      .replace(/^ReadWritePaths=.*$/m, `ReadWritePaths=${lab.directory}`)
      .replace("RestartSec=5", "RestartSec=1");
    await mkdir(lab.path("units"));
    await lab.write("units/hearsay.service", unit.replace("[Unit]", "[Unit]\nDefaultDependencies=no"));
    for (const name of TARGETS) await lab.write(`units/${name}.target`, "[Unit]\nDefaultDependencies=no\n");
    await lab.write("units/default.target", "[Unit]\nDefaultDependencies=no\nWants=hearsay.service\n");
    const [command = "", ...rest] = [...UNSHARE, "sh", "-ec", boot(lab.path("units"))];
    systemd = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
    process.once("exit", () => systemd.kill("SIGKILL"));
    for (const stream of [systemd.stdout, systemd.stderr])
      stream?.on("data", (data: Buffer) => {
        said = `${said}${data}`.slice(-20_000);
      });
  });
  after(async () => {
    systemd?.kill("SIGKILL");
    await installed?.remove();
    await lab?.close();
  });

  /** Of the peer that runs now, as soon as it has gone beyond `cycle`; another than that of `pid`. */
  function learning(cycle: number, notPid = 0): Promise<{ readonly status: StatusReport; readonly pid: number }> {
    return until(`the peer learns; systemd said:\n${said}`, async () => {
      const pid = await mainPid();
      if (pid === undefined || pid === notPid) return undefined;
      const status = await askApi(lab.path("state"), "/status").then(
        (answer) => answer?.json() as Promise<StatusReport>,
        () => undefined,
      );
      return status !== undefined && status.cycle > cycle ? { status, pid } : undefined;
    });
  }

  /** The peer's process, as this side of the namespace sees it. */
  async function mainPid(): Promise<number | undefined> {
    const [child] = await childrenOf(systemd.pid ?? 0); // PID 1 of the namespace
    for (const pid of child === undefined ? [] : await childrenOf(child))
      if ((await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).includes("\0up\0")) return pid;
    return undefined;
  }

  it("learns, is started again after kill -9 with its log, and ends when systemd stops it", async () => {
    const first = await learning(2);
    assert.equal(first.status.generation, 0);
    process.kill(first.pid, "SIGKILL");
    const second = await learning(first.status.cycle, first.pid);
    assert.equal(second.status.peerId, first.status.peerId);
    assert.ok(second.status.logSize >= first.status.logSize); // alone it waits to hear whether others know more of its log
    const [init] = await childrenOf(systemd.pid ?? 0);
    const inside = ["--target", String(init), "--mount", "--pid", "systemctl"];
    const stopped = spawnSync("nsenter", [...inside, "stop", "hearsay.service"], { encoding: "utf8", timeout: 60_000 });
    assert.equal(stopped.status, 0, stopped.stderr);
    const shown = spawnSync("nsenter", [...inside, "show", "--property=Result,NRestarts", "hearsay.service"], {
      encoding: "utf8",
    });
    assert.equal(shown.stdout, "Result=success\nNRestarts=1\n");
    assert.equal(await askApi(lab.path("state"), "/status"), undefined);
  });
});

/** Why systemd cannot be started here; false where it can. */
function whyNot(): string | false {
  if (!existsSync(SYSTEMD)) return `there is no ${SYSTEMD} on this machine`;
  const [command = "", ...rest] = [...UNSHARE, "sh", "-ec", "mount --make-rprivate / && mount -t tmpfs tmpfs /run"];
  const { status, stderr } = spawnSync(command, rest, { encoding: "utf8" });
  return status === 0 ? false : `needs leave to make namespaces: ${stderr.trim()}`;
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return text
    .split(" ")
    .filter((word) => word !== "")
    .map(Number);
}
