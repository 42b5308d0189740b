/** The package hearsay-trainer as pip installs it: built into a wheel, put into a new environment, and the program of its README started from there. Without a network. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { createLab, type Lab } from "../support/process.ts";
import { pythonWith } from "../support/program.ts";

const PACKAGE = fileURLToPath(new URL("../../node/clients/python", import.meta.url));
const { python = "python3", skip } = pythonWith(["numpy", "hatchling", "pip"]);

/** What is written on standard output. */
function run(program: string, ...args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(program, args, {
    encoding: "utf8",
    env: { ...process.env, PYTHONPATH: "" },
  });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

const FACTS = `
import importlib.metadata as metadata, json, hearsay
package = metadata.distribution("hearsay-trainer")
print(json.dumps({
    "version": [package.version, hearsay.__version__],
    "python": package.metadata["Requires-Python"],
    "license": package.metadata["License-Expression"],
    "needs": package.requires,
    "files": sorted(str(file) for file in package.files if file.parts[0] == "hearsay"),
    "at": hearsay.__file__,
}))
`;

describe("the wheel of hearsay-trainer", { skip }, () => {
  let lab: Lab;
  let program: string;
  before(async () => {
    lab = await createLab("python-package");
    const wheels = lab.path("wheels");
    run(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, PACKAGE);
    const [wheel = "", ...others] = readdirSync(wheels);
    assert.deepEqual(others, []);
    const environment = lab.path("environment");
    run(python, "-m", "venv", "--without-pip", environment);
    program = join(environment, "bin", "python");
    const site = run(program, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))");
    const elsewhere = run(python, "-c", "import numpy, pathlib; print(pathlib.Path(numpy.__file__).parents[1])");
    writeFileSync(join(site, "numpy.pth"), `${elsewhere}\n`); // numpy is not fetched again
    run(python, "-m", "pip", "--python", program, "install", "--quiet", "--no-deps", "--no-index", join(wheels, wheel));
  });
  after(() => lab?.close());

  it("has its version once, its types, and needs numpy alone", () => {
    const facts = JSON.parse(run(program, "-c", FACTS));
    assert.equal(facts.version[0], facts.version[1]);
    assert.equal(facts.license, "Apache-2.0");
    assert.equal(facts.python, ">=3.10");
    assert.ok(facts.at.startsWith(lab.path("environment")));
    assert.deepEqual(
      facts.needs.filter((need: string) => !need.includes("extra ==")),
      ["numpy>=1.24"],
    );
    const sources = readdirSync(join(PACKAGE, "src/hearsay")).filter((file) => file !== "__pycache__");
    assert.ok(sources.includes("py.typed"));
    const installed = facts.files.filter((file: string) => !file.includes("__pycache__"));
    assert.deepEqual(installed, sources.map((file) => `hearsay/${file}`).sort());
  });

  it("runs the program of its README, which keeps what a peer asks", async () => {
    const readme = readFileSync(join(PACKAGE, "README.md"), "utf8");
    const [, code = ""] = /^```python\n([\s\S]*?)^```$/m.exec(readme) ?? [];
    const file = await lab.write("train.py", code);
    const { code: status, stdout, stderr } = await lab.run(["trainer", "test", "--json", "--", program, file]);
    assert.equal(status, 0, stdout + stderr);
  });
});
