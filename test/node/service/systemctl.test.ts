import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemctl, systemctlWithin } from "../../../node/service/systemctl.ts";

const PATH = process.env.PATH;
/** In place of systemd's program. With `enable` it says what that says, and never ends; with another word it refuses. */
const STAND_IN = `#!/bin/sh
case "$1" in
  enable) echo "Created symlink a -> b." >&2; exec sleep 600 ;;
  show) echo "ActiveState=active" ;;
  *) echo "Unit x.service not found." >&2; exit 5 ;;
esac
`;

describe("systemctl", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hearsay-systemctl-"));
    await writeFile(join(folder, "systemctl"), STAND_IN, { mode: 0o755 });
    process.env.PATH = `${folder}:${PATH}`;
  });
  after(async () => {
    process.env.PATH = PATH;
    await rm(folder, { recursive: true, force: true });
  });

  it("gives what the program prints", async () => {
    assert.equal(await systemctl(true, "show"), "ActiveState=active\n");
  });

  it("says why the program refused", async () => {
    await assert.rejects(systemctl(true, "stop", "x"), /systemctl stop x: Unit x\.service not found\./);
  });

  it("says that the program did not end, and not what it printed before", async () => {
    await assert.rejects(
      systemctlWithin(0.2, true, "enable", "--now", "hearsay.service"),
      ({ code, message }: { code?: string; message: string }) => {
        assert.equal(code, "ERR_CONFIG");
        assert.equal(
          message,
          "systemctl enable --now hearsay.service: no end after 0.2 s; systemctl status says how far it came",
        );
        return true;
      },
    );
  });

  it("says what to do where there is no systemd", async () => {
    process.env.PATH = join(folder, "nothing");
    await assert.rejects(systemctl(true, "show"), /there is no systemd on this machine/);
    process.env.PATH = `${folder}:${PATH}`;
  });
});
