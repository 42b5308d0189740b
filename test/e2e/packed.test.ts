/** The tarball of npm, as a user has it: packed from this checkout, installed with its packages in an empty folder, and run there by npx. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { jsonLines } from "../support/process.ts";

const TOP = fileURLToPath(new URL("../..", import.meta.url));
const PEERS = 3;
/** The registry is asked for what npm has not kept; installing takes seconds. */
const INSTALLED_WITHIN_MS = 300_000;
const ENDED_WITHIN_MS = 240_000;

describe("the package, installed in an empty folder", () => {
  let folder: string;
  let tarball: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hearsay-packed-"));
    await mkdir(join(folder, "empty"));
    await writeFile(join(folder, "empty/package.json"), "{}"); // as npm init makes one: without, npm looks for one in folders above
    // dist/ as it was built: `npm ci` did that, and `prepare` would do it again
    const { stdout } = await run(TOP, ["npm", "pack", "--ignore-scripts", "--json", "--pack-destination", folder]);
    tarball = join(folder, JSON.parse(stdout)[0].filename);
    const quick = ["--prefer-offline", "--no-audit", "--no-fund", "--omit=optional"];
    await run(join(folder, "empty"), ["npm", "install", ...quick, tarball], INSTALLED_WITHIN_MS);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function run(cwd: string, [command = "", ...args]: readonly string[], timeout = ENDED_WITHIN_MS) {
    return promisify(execFile)(command, args, { cwd, env: environment(), timeout, maxBuffer: 2 ** 26 });
  }

  it("has the demo, which learns and closes with its line", async () => {
    const short = ["--peers", String(PEERS), "--attackers", "0", "--seconds", "3", "--json"];
    const { stdout } = await run(join(folder, "empty"), ["npx", "hearsay", "demo", ...short]);
    const { peers, logsVerified, robust } =
      jsonLines<{ peers: number; logsVerified: number; robust: object }>(stdout).at(-1) ?? assert.fail(stdout);
    assert.deepEqual([peers, logsVerified], [PEERS, 2 * PEERS]);
    assert.ok("meanAccuracy" in robust);
  });

  it("is a library, and has the files for programs that watch peers, and no sources, tests or fixtures", async () => {
    const code =
      'import { createPeer } from "hearsay"; import "hearsay/protocol/codec/f32"; console.log(typeof createPeer)';
    const { stdout } = await run(join(folder, "empty"), ["node", "--input-type=module", "--eval", code]);
    assert.equal(stdout, "function\n");
    const own = join(folder, "empty/node_modules/hearsay");
    assert.deepEqual((await readdir(own)).toSorted(), ["LICENSE", "README.md", "dist", "node", "package.json"]);
    assert.deepEqual((await readdir(join(own, "node"))).toSorted(), ["README.md", "data", "ops"]);
    assert.deepEqual((await readdir(join(own, "node/ops"))).toSorted(), [
      "README.md",
      "grafana",
      "kubernetes",
      "prometheus",
    ]);
  });
});

/** Without what the test runner, and npm that runs it, set for this checkout; with how the registry is reached. */
function environment(): NodeJS.ProcessEnv {
  const reaching = /^(NODE_EXTRA_CA_CERTS|npm_config_(registry|cache|cafile|userconfig|globalconfig|\w*proxy))$/i;
  const own = Object.entries(process.env).filter(
    ([name]) => reaching.test(name) || !/^(HEARSAY_|NODE_|npm_|INIT_CWD$)/.test(name),
  );
  return { ...Object.fromEntries(own), PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) };
}
