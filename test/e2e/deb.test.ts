/**
 * The Debian package: made of this checkout, installed by apt into a copy of this machine's root that is thrown away, and run there as the runbook says
 * (node/OPERATIONS.md): its unit under a real systemd, with an account of its own. Nothing of the machine itself is touched.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import type { StatusReport } from "../../node/api/api.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { createLab, type Lab, type PeerProcess, sleep, until } from "../support/process.ts";
import { findProgram, withoutProgram } from "../support/program.ts";
import { type BootedSystemd, bootSystemd, withoutSystemd, writeUnits } from "../support/systemd.ts";

const MAKER = fileURLToPath(new URL("../../node/packaging/deb.ts", import.meta.url));
const STATE = "/var/lib/hearsay/farm";
const ASK_EVERY_MS = 500;
const run = promisify(execFile);

const skip = withoutProgram(findProgram("dpkg-deb"), "dpkg-deb") || withoutSystemd();

/** A root over this machine's: what is written lies in memory, and goes with the namespace. Of its units there are those of the test alone. */
const newRoot = (lab: string, units: string) => `
over=${lab}/over; root=$over/root
mount -t tmpfs tmpfs $over
mkdir $over/upper $over/work $root
mount -t overlay overlay -o lowerdir=/,upperdir=$over/upper,workdir=$over/work $root
cp ${lab}/hearsay.deb $root/srv
lib=$root/usr/lib/systemd; own=$root/etc/systemd/system
rm -rf $lib/system $lib/system-generators $own
mkdir $own; cp -r ${units} $lib/system
mount --rbind /dev $root/dev; mount --rbind /sys $root/sys; mount -t proc proc $root/proc; mount -t tmpfs tmpfs $root/tmp
cd $root; pivot_root . mnt; umount -l /mnt; cd /
`;

describe("the Debian package", { skip }, () => {
  let lab: Lab;
  let neighbour: PeerProcess;
  let systemd: BootedSystemd;

  before(async () => {
    lab = await createLab("deb");
    await chmod(lab.directory, 0o755);
    const task = { ...parse(TEMPLATES.digits.yaml), training: { steps: 2 }, aggregation: { inboxSize: 2, quorum: 1 } };
    const args = ["--dataset", "digits", "--share", "1/2"];
    neighbour = lab.startPeer({ name: "neighbour", task: await lab.writeTask("task.yaml", task), args });
    await run(process.execPath, [MAKER, "--output", lab.path("hearsay.deb"), "--compress", "none"]);
    await mkdir(lab.path("over"));
    await writeUnits(lab.path("units"), {});
    systemd = await bootSystemd(newRoot(lab.directory, lab.path("units")));
  });
  after(async () => {
    systemd?.end();
    await lab?.close();
  });

  /** Runs a command on the machine that has it, as its administrator types it. */
  function there(command: string): string {
    const { status, stdout, stderr } = systemd.run("sh", "-c", command);
    assert.equal(status, 0, `${command}\n${stdout}${stderr}\n${systemd.said()}`);
    return stdout;
  }

  /** Of the peer that runs now, as soon as `holds`; another than that of `pid`. */
  function statusWhen(holds: (status: StatusReport) => boolean, notPid = 0) {
    return until(
      () => `the peer learns; systemd said:\n${systemd.said()}`,
      async () => {
        await sleep(ASK_EVERY_MS);
        const pid = await systemd.peerPid();
        if (pid === undefined || pid === notPid) return undefined;
        const { stdout } = systemd.run("hearsay", "status", "--json", "--state", STATE);
        const status = stdout === "" ? undefined : (JSON.parse(stdout) as StatusReport);
        return status !== undefined && holds(status) ? { status, pid } : undefined;
      },
    );
  }

  /** Joins the neighbour's task, and says which rows are the peer's. */
  async function joinAt(state: string): Promise<void> {
    const invite = await until("an invite", () => /hearsay join '(hearsay:[^']+)'/.exec(neighbour.stdout())?.[1]);
    there(`hearsay join '${invite}' --yes --state ${state}`);
    const config = { data: { dataset: "digits", share: "2/2" }, mdns: false, listen: ["/ip4/127.0.0.1/tcp/0"] };
    there(`cat >> ${state}/config.yaml <<'END'\n${stringify(config)}END`);
  }

  it("is installed by apt, with a command that brings its own Node", () => {
    there("apt-get install --yes --no-install-recommends -o DPkg::Options::=--force-unsafe-io /srv/hearsay.deb");
    assert.match(there("dpkg --status hearsay"), /^Status: install ok installed$/m);
    assert.match(there("cd / && env -i PATH=/usr/bin hearsay --version"), /^\d+\.\d+\.\d+$/m);
    assert.match(
      there("systemctl cat hearsay@farm"),
      /^ExecStart=\/usr\/lib\/hearsay\/bin\/node .* up --state \/var\/lib\/hearsay\/%i$/m,
    );
  });

  it("runs a peer as the runbook says: joined by invite, enabled, with an account of its own, learning with its neighbour", async () => {
    await joinAt(STATE);
    there("systemctl enable --now hearsay@farm");
    const { status, pid } = await statusWhen(({ counters }) => counters.merges > 0);
    assert.equal(status.neighbours, 1);
    const uid = Number(/^Uid:\t(\d+)/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]);
    assert.ok(uid >= 61184 && uid <= 65519, `${uid} is none of the accounts that systemd gives for a time`);
    assert.equal(Number(there(`stat -Lc %u ${STATE}/key`)), uid);
    const stranger = systemd.run(
      "setpriv",
      "--reuid=1",
      "--regid=1",
      "--clear-groups",
      "hearsay",
      "status",
      "--state",
      STATE,
    );
    assert.match(stranger.stderr, /is of another account: run this as that account, or as root/);
    assert.equal(there("systemctl is-enabled hearsay@farm"), "enabled\n");
    assert.equal(
      there("systemctl show --property=Type,NotifyAccess,ActiveState hearsay@farm"),
      "Type=notify\nNotifyAccess=all\nActiveState=active\n",
    );
  });

  it("has it started again after kill -9, with its key and its log", async () => {
    const first = await statusWhen(() => true);
    process.kill(first.pid, "SIGKILL");
    const second = await statusWhen(({ cycle }) => cycle > first.status.cycle, first.pid);
    assert.deepEqual([second.status.peerId, second.status.generation], [first.status.peerId, first.status.generation]);
    assert.ok(second.status.logSize >= first.status.logSize);
    assert.match(there("systemctl show --property=NRestarts hearsay@farm"), /NRestarts=1\n/);
  });

  it("brings a drop-in that bounds the memory of one peer", async () => {
    const folder = "/etc/systemd/system/hearsay@farm.service.d";
    there(`mkdir ${folder} && cp /usr/lib/hearsay/64-MB.conf ${folder} && systemctl daemon-reload`);
    const shown = there("systemctl show --property=MemoryMax,ExecStartPost hearsay@farm");
    assert.match(shown, /^MemoryMax=134217728$/m);
    assert.match(shown, /^ExecStartPost=.*echo 61M > .*memory\.high/m);
    const { pid } = await statusWhen(() => true);
    there("systemctl restart hearsay@farm");
    await statusWhen(({ counters }) => counters.merges >= 0, pid);
    there(`rm -r ${folder} && systemctl daemon-reload`);
  });

  it("has commands that make a unit of the machine, tell of it, and take it away", async () => {
    there("systemctl stop hearsay@farm");
    await joinAt("/srv/second");
    const unit = "--system --name second";
    assert.match(
      there(`hearsay service install ${unit} --state /srv/second`),
      /second\.service is installed, and the peer runs/,
    );
    const told = JSON.parse(there(`hearsay service status ${unit} --json`));
    const { installed, state, atStart, restarts } = told;
    assert.deepEqual(
      { installed, state, atStart, restarts },
      { installed: true, state: "active", atStart: true, restarts: 0 },
    );
    assert.equal(told.pid > 1, true);
    assert.match(
      there(`hearsay service uninstall ${unit}`),
      /^second\.service is gone; the state directory, .* stays$/m,
    );
    assert.equal(await systemd.peerPid(), undefined);
    assert.match(there(`hearsay service status ${unit}`), /is not installed: hearsay service install/);
    assert.match(there("ls /srv/second"), /^key$/m);
    there("systemctl start hearsay@farm");
  });

  it("goes as it came: the peer ends cleanly, and its state stays", async () => {
    there("dpkg --remove hearsay");
    assert.equal(await systemd.peerPid(), undefined);
    assert.match(there("systemctl show --property=Result hearsay@farm"), /Result=success/);
    there("! command -v hearsay");
    assert.match(there(`ls ${STATE}/`), /^key$/m);
  });
});
