import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openInBrowser } from "../../../node/terminal/browser.ts";
import { until } from "../../support/process.ts";

describe("the browser of this machine", { skip: process.platform !== "linux" && "it is looked for on Linux" }, () => {
  let folder: string;
  const { DISPLAY, PATH, WAYLAND_DISPLAY } = process.env;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hearsay-browser-"));
    delete process.env.WAYLAND_DISPLAY;
  });
  after(async () => {
    Object.assign(process.env, { PATH }, DISPLAY && { DISPLAY }, WAYLAND_DISPLAY && { WAYLAND_DISPLAY });
    if (DISPLAY === undefined) delete process.env.DISPLAY;
    await rm(folder, { recursive: true });
  });

  it("is given the address where there is a screen", async () => {
    const program = join(folder, "xdg-open");
    await writeFile(program, `#!/bin/sh\nprintf %s "$1" > ${join(folder, "opened")}\n`);
    await chmod(program, 0o700);
    Object.assign(process.env, { DISPLAY: ":9", PATH: `${folder}:${PATH}` });
    assert.equal(await openInBrowser("http://127.0.0.1:1/#a"), true);
    await until(
      "it ran",
      async () =>
        (await readFile(join(folder, "opened"), "utf8").catch(() => "")) === "http://127.0.0.1:1/#a" || undefined,
    );
  });

  it("is not there without a screen, or without the program", async () => {
    Object.assign(process.env, { DISPLAY: ":9", PATH: join(folder, "nothing") });
    assert.equal(await openInBrowser("http://127.0.0.1:1/"), false);
    delete process.env.DISPLAY;
    process.env.PATH = `${folder}:${PATH}`;
    assert.equal(await openInBrowser("http://127.0.0.1:1/"), false);
  });
});
