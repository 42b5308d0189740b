import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { ENDS_WITHIN_MS } from "../../../node/closing.ts";
import { STOP_SECONDS, tinyMemoryText, type UnitPlace, unitText } from "../../../node/service/unit.ts";

const analyze = "/usr/bin/systemd-analyze";
const skip = existsSync(analyze) ? false : `there is no ${analyze} on this machine`;
const PLACES: readonly (readonly [name: string, place: UnitPlace])[] = [
  ["user", { kind: "user", stateDir: "/home/me/.hearsay" }],
  ["system", { kind: "system", stateDir: "/srv/hear say/100%", account: "root" }],
  ["template", { kind: "template" }],
];
const COMMAND = ["/bin/true", "/opt/my $dir/cli.js"];

describe("the unit of a peer", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hearsay-unit-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const [name, place] of PLACES)
    it(`of kind ${name} is one that systemd takes without a word`, {
      skip,
    }, async () => {
      const path = join(folder, name === "template" ? "hearsay@.service" : `hearsay-${name}.service`);
      await writeFile(path, unitText({ place, command: COMMAND, memoryHigh: "61M" }));
      const user = name === "user" ? ["--user"] : [];
      const { stdout, stderr } = await promisify(execFile)(analyze, [...user, "verify", path], {
        env: { ...process.env, XDG_RUNTIME_DIR: folder },
      });
      const about = `${stdout}${stderr}`.split("\n").filter((line) => line.includes(path));
      assert.deepEqual(about, []);
    });

  it("of the machine is sandboxed: systemd finds little exposed", {
    skip,
  }, async () => {
    const path = join(folder, "hearsay@.service");
    await writeFile(path, unitText({ place: { kind: "template" }, command: COMMAND }));
    const args = ["security", "--offline=true", "--threshold=30", path]; // of 100, in tenths
    await promisify(execFile)(analyze, args);
  });

  it("leaves a peer the time that it takes to end, as do the manifest and the command for containers, and the page names all of it", async () => {
    const LEAST_SLACK_MS = 5_000;
    assert.ok(1000 * STOP_SECONDS >= ENDS_WITHIN_MS.all + LEAST_SLACK_MS);
    assert.ok(ENDS_WITHIN_MS.step < ENDS_WITHIN_MS.writing && ENDS_WITHIN_MS.writing < ENDS_WITHIN_MS.all);
    const fileOf = (path: string) => readFile(join(import.meta.dirname, "../../../node", path), "utf8");
    const page = await fileOf("README.md");
    for (const [text, seconds, among] of [
      ["TimeoutStopSec=", STOP_SECONDS, unitText({ place: { kind: "template" }, command: COMMAND })],
      ["terminationGracePeriodSeconds: ", STOP_SECONDS, await fileOf("ops/kubernetes/peers.yaml")],
      ["--stop-timeout ", STOP_SECONDS, await fileOf("packaging/README.md")],
      ["the stop of a container | ", STOP_SECONDS, page],
      ["budget, database | ", ENDS_WITHIN_MS.writing / 1000, page],
      ["local interface | ", ENDS_WITHIN_MS.step / 1000, page],
      ["| all | ", ENDS_WITHIN_MS.all / 1000, page],
    ] as const)
      assert.match(among, new RegExp(`${text.replaceAll("|", "\\|")}${seconds}\\b`), text);
  });

  it("has the kernel take back memory from the moment that the peer learns, and not before", () => {
    const text = unitText({ place: { kind: "template" }, command: COMMAND, memoryMax: "128M", memoryHigh: "61M" });
    assert.match(text, /^MemoryMax=128M$/m);
    assert.match(text, /^ExecStartPost=-\+\/bin\/sh -c 'echo 61M > .*\/memory\.high"'$/m);
    assert.doesNotMatch(text, /^MemoryHigh=/m);
    assert.doesNotMatch(unitText({ place: { kind: "template" }, command: COMMAND }), /memory\.high/);
  });

  it("has a drop-in with the bounds of a tiny peer, the same lines as those of the unit", () => {
    const place = { kind: "template" } as const;
    const unit = unitText({ place, command: COMMAND, memoryMax: "128M", memoryHigh: "61M" }).split("\n");
    const [about = "", section, ...lines] = tinyMemoryText().trimEnd().split("\n");
    assert.match(about, /^# /);
    assert.equal(section, "[Service]");
    assert.deepEqual(
      lines,
      unit.filter((line) => /^(MemoryMax|ExecStartPost)=/.test(line)),
    );
  });

  it("names directories and commands so that systemd reads them as they are", () => {
    const text = unitText({
      place: { kind: "system", stateDir: "/srv/hear say/100%", account: "pi" },
      command: COMMAND,
    });
    assert.match(text, /^ExecStart=\/bin\/true "\/opt\/my \$\$dir\/cli\.js" up --state "\/srv\/hear say\/100%%"$/m);
    assert.match(text, /^ReadWritePaths="\/srv\/hear say\/100%%"$/m);
    assert.match(unitText({ place: { kind: "template" }, command: COMMAND }), / up --state \/var\/lib\/hearsay\/%i$/m);
  });
});
