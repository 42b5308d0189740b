/**
 * The image for containers: built of this checkout, looked through, and run as the manifests for Kubernetes say (node/ops/kubernetes/peers.yaml): by an account
 * without rights, with a root that cannot be written to, with the same arguments and variables. Peers find each other by the names of pods.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import type { StatusReport } from "../../node/api/api.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { HEALTH_CHECK } from "../../node/packaging/image-plan.ts";
import { packageFacts } from "../../node/packaging/stage.ts";
import { type Container, type Image, openImage, openNetwork, startContainer } from "../support/container.ts";
import { readManifests, variablesOf } from "../support/manifests.ts";
import { createLab, type Lab, sleep, until } from "../support/process.ts";
import { findProgram, withoutProgram } from "../support/program.ts";

const NODE = fileURLToPath(new URL("../../node/", import.meta.url));
const UID = 65532;
const NAMESPACE = "farm";
const TOOLS =
  /^f .*(?:^|[ /])(?:(?:ba|da|z)?sh|busybox|gcc|g\+\+|cc|ld|make|apt(?:-get)?|dpkg|npm|npx|perl|python\d?[\d.]*|curl|wget)$/;
const LIFETIME_SECONDS = "600";
const ASK_EVERY_MS = 500;

const skip =
  withoutProgram(findProgram("buildah"), "buildah") ||
  withoutProgram(findProgram("crun"), "crun") ||
  (process.getuid?.() === 0 ? false : "needs root");

describe("the image for containers", { skip }, () => {
  let lab: Lab;
  let image: Image;
  let network: Awaited<ReturnType<typeof openNetwork>>;
  const pods: Container[] = [];

  before(async () => {
    lab = await createLab("image");
    await chmod(lab.directory, 0o755);
    const archive = lab.path("image.tar");
    const maker = [join(NODE, "packaging/image.ts"), "--output", archive, "--no-compress"];
    await promisify(execFile)(process.execPath, maker);
    image = await openImage(archive, lab.directory);
    network = await openNetwork();
  });
  after(async () => {
    for (const pod of pods) pod.remove();
    network?.close();
    await lab?.close();
  });

  it("says what it is, who it runs as, what it writes to and how it is started", () => {
    const { config, created } = image;
    const { version, license } = packageFacts();
    assert.deepEqual([config.User, config.Entrypoint, config.Cmd], [`${UID}:${UID}`, ["/usr/bin/hearsay"], ["up"]]);
    assert.deepEqual(config.Volumes, { "/state": {} });
    assert.deepEqual(config.ExposedPorts, { "4001/tcp": {} });
    assert.ok(config.Env.includes("HEARSAY_STATE=/state/peer"));
    const labels = Object.entries(config.Labels).map(([name, text]) => [
      name.replace("org.opencontainers.image.", ""),
      text,
    ]);
    const { title, version: told, licenses, created: then } = Object.fromEntries(labels);
    assert.deepEqual([title, told, licenses], ["hearsay", version, license]);
    assert.equal(Date.parse(then), Date.parse(created));
  });

  it("has no shell, no compiler, no package manager, no other language, and nothing that gives rights", async () => {
    const find = ["-xdev", "-not", "-type", "l", "-printf", "%y %m %U %P\\n"];
    const { stdout } = await promisify(execFile)("find", [image.root, ...find], { maxBuffer: 2 ** 26 });
    const all = stdout.trimEnd().split("\n");
    const none = (lines: readonly string[]) => assert.deepEqual(lines, []);
    none(all.filter((line) => TOOLS.test(line)));
    none(all.filter((line) => /^f [2467]\d{3} /.test(line))); // of another account's rights
    none(all.filter((line) => /^\S 0?\d\d[2367] /.test(line))); // for everybody to write, but for folders as /tmp
    assert.ok(all.includes(`d 755 ${UID} state`), "the volume belongs to the peer");
  });

  it("runs peers as the manifests say: they meet by the names of pods, are healthy, write to their volume alone, and end on SIGTERM", async () => {
    await Promise.all([0, 1].map(startPod));
    for (const [i, pod] of pods.entries()) {
      let answer = "";
      const status = await until(
        () => `pod ${i} merges; ${answer}; it said:\n${pod.said()}`,
        async () => {
          await sleep(ASK_EVERY_MS);
          answer = await pod.exec("/usr/bin/hearsay", "status", "--json").then(({ stdout }) => stdout, String);
          const told = answer.startsWith("{") ? (JSON.parse(answer) as StatusReport) : undefined;
          return told !== undefined && told.counters.merges > 0 ? told : undefined;
        },
      );
      assert.equal(status.neighbours, 1);
      const check =
        "for (const p of ['healthz', 'readyz']) console.log(p, (await fetch('http://' + process.env.HEARSAY_METRICS + '/' + p)).status)";
      const { stdout } = await pod.exec("/usr/lib/hearsay/bin/node", "--input-type=module", "--eval", check);
      assert.equal(stdout, "healthz 200\nreadyz 200\n");
      await pod.exec(...HEALTH_CHECK);
      const process1 = await pod.exec(
        "/usr/lib/hearsay/bin/node",
        "--print",
        "require('fs').readFileSync('/proc/1/status', 'utf8')",
      );
      assert.match(process1.stdout, new RegExp(`^Uid:\\t${UID}\\t`, "m"));
      assert.match(process1.stdout, /^CapBnd:\t0+$/m);
    }
    for (const pod of pods) await pod.signal("TERM");
    assert.deepEqual(await Promise.all(pods.map(({ ended }) => ended)), [0, 0]);
    const state = lab.path("volume-0/peer");
    assert.deepEqual([(await stat(state)).uid, (await stat(state)).mode & 0o777], [UID, 0o700]);
    assert.ok((await readdir(state)).includes("key"));
  });

  /** Pod `i` of the StatefulSet: what Kubernetes makes of its description, but that both share a network, at an address of loopback each. */
  async function startPod(i: number): Promise<void> {
    const name = `hearsay-${i}`;
    const [container] = (await readManifests()).set.spec.template.spec.containers;
    const volume = lab.path(`volume-${i}`);
    await mkdir(volume);
    await chown(volume, 0, UID); // as fsGroup does
    await chmod(volume, 0o2775);
    await mkdir(lab.path(`data-${i}`));
    await writeFile(lab.path(`data-${i}/${name}.csv`), await rowsOf(i));
    const hosts = [0, 1, 2].map((j) => `127.0.0.1${j} hearsay-${j}.hearsay.${NAMESPACE}.svc.cluster.local\n`);
    const given = { POD: name, NAMESPACE };
    const mounts = [
      { at: "/state", from: volume },
      { at: "/task/task.yaml", from: await lab.writeTask("task.yaml", smallTask()), readOnly: true },
      { at: "/data", from: lab.path(`data-${i}`), readOnly: true },
      { at: "/etc/hosts", from: await lab.write("hosts", hosts.join("")), readOnly: true },
    ];
    const env = {
      ...given,
      ...variablesOf(container, given),
      HEARSAY_LISTEN: `/ip4/127.0.0.1${i}/tcp/4001`,
      HEARSAY_METRICS: `127.0.0.1${i}:9464`,
    };
    const args = [...container.args, "--seconds", LIFETIME_SECONDS];
    pods[i] = await startContainer(image, lab.directory, { name, args, env, mounts, network: network.path });
  }
});

/** Half of the digits, as a file of one pod. */
async function rowsOf(i: number): Promise<string> {
  const [head = "", ...rows] = gunzipSync(await readFile(join(NODE, "data/sets/digits.csv.gz")))
    .toString()
    .trimEnd()
    .split("\n");
  return `${[head, ...rows.filter((_, row) => row % 2 === i)].join("\n")}\n`;
}

function smallTask(): Record<string, unknown> {
  return { ...parse(TEMPLATES.digits.yaml), training: { steps: 2 }, aggregation: { inboxSize: 2, quorum: 1 } };
}
