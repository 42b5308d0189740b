/** The Debian package: made of this checkout, taken apart again, and what is in it does its work. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const MAKER = fileURLToPath(new URL("../../node/packaging/deb.ts", import.meta.url));
const DPKG = "/usr/bin/dpkg-deb";
const run = promisify(execFile);

describe("the Debian package", { skip: existsSync(DPKG) ? false : `there is no ${DPKG} on this machine` }, () => {
  let folder: string;
  let root: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hearsay-deb-test-"));
    root = join(folder, "root");
    const file = join(folder, "hearsay.deb");
    await run(process.execPath, [MAKER, "--output", file, "--compress", "none"]);
    await run(DPKG, ["--raw-extract", file, root]);
    await rm(file);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("has a Node, a command and its packages that work without this checkout", async () => {
    const home = join(root, "usr/lib/hearsay");
    const command = [join(home, "dist/cli/cli.js"), "init", "--output", join(folder, "task.yaml"), "--json"];
    const { stdout } = await run(join(home, "bin/node"), command, {
      cwd: folder,
      env: { PATH: "/usr/bin:/bin", HOME: folder },
    });
    assert.match(JSON.parse(stdout).taskId, /^[0-9a-f]{64}$/);
    const up = [
      join(home, "dist/cli/cli.js"),
      "up",
      "--task",
      join(folder, "task.yaml"),
      "--dataset",
      "digits",
      "--no-mdns",
      "--listen",
      "/ip4/127.0.0.1/tcp/0",
    ];
    const learned = await run(join(home, "bin/node"), [...up, "--seconds", "2"], {
      cwd: folder,
      env: { PATH: "/usr/bin:/bin", HOME: folder },
    });
    assert.match(learned.stderr, /"msg":"stopped"/);
  });

  it("has a template for systemd that starts what is in it, and scripts that a shell can read", async () => {
    const unit = await readFile(join(root, "lib/systemd/system/hearsay@.service"), "utf8");
    assert.match(
      unit,
      /^ExecStart=\/usr\/lib\/hearsay\/bin\/node \/usr\/lib\/hearsay\/dist\/cli\/cli.js up --state \/var\/lib\/hearsay\/%i$/m,
    );
    assert.match(
      await readFile(join(root, "usr/bin/hearsay"), "utf8"),
      /^exec \/usr\/lib\/hearsay\/bin\/node \/usr\/lib\/hearsay\/dist\/cli\/cli.js "\$@"$/m,
    );
    for (const script of ["DEBIAN/postinst", "DEBIAN/prerm", "usr/bin/hearsay"])
      await run("sh", ["-n", join(root, script)]);
  });
});
