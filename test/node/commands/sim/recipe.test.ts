/** `hearsay sim recipe` in a checkout of its own, whose recipe takes a blink. */
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { stringify } from "yaml";
import { createLab, type Finished, type Lab } from "../../../support/process.ts";
import { pythonWith } from "../../../support/program.ts";

const RECIPE = {
  scenario: {
    name: "tiny",
    data: { set: "../../../.results/recipes/tiny/data.csv", label: "kind", owner: "site" },
    partition: "owner",
    peers: 3,
    cycles: 3,
    task: {
      name: "tiny",
      input: { shape: [1], features: ["x"], mean: 0, std: 1 },
      output: { kind: "classification", classes: ["low", "high"] },
      model: { kind: "softmax" },
      aggregation: { inboxSize: 2, quorum: 1 },
    },
    metrics: { points: 1, holdout: "own" },
  },
  grids: [{ algorithm: ["local", "hearsay", "centralised"] }],
  seeds: [1, 2],
};
const SCRIPT = `print("site,x,kind")
for i in range(90):
    print(f"{'abc'[i % 3]},{i % 7 - 3},{'high' if i % 7 > 3 else 'low'}")
`;
const PAGE = "# before\n\n<!-- tiny:begin -->\n<!-- tiny:end -->\n";
const FAILED = 1;
const USAGE = 2;

let lab: Lab;
const { python = "python3", skip } = pythonWith(["csv"]);

before(async () => {
  lab = await createLab("sim-recipe");
  for (const [name, script] of [
    ["tiny", SCRIPT],
    ["broken", "print('site,x,kind')\nraise SystemExit('no package of that name')\n"],
  ] as const) {
    await mkdir(lab.path(`sim/recipes/${name}`), { recursive: true });
    await writeFile(lab.path(`sim/recipes/${name}/data.py`), script);
    await writeFile(lab.path(`sim/recipes/${name}/recipe.yaml`), stringify(RECIPE));
  }
  await writeFile(lab.path("sim/recipes/README.md"), PAGE);
});
after(() => lab?.close());

async function recipe(status: number, ...args: string[]): Promise<Finished> {
  const finished = await lab.run(["sim", "recipe", ...args, "--workers", "1"]);
  assert.equal(finished.code, status, `${args.join(" ")}\n${finished.stdout}${finished.stderr}`);
  assert.doesNotMatch(finished.stderr, /\n {4}at /, "a stack trace where a sentence would do");
  return finished;
}

describe("sim recipe", { skip }, () => {
  it("makes the data, runs the sweep, prints every site, and puts the table into the page where asked", async () => {
    const { stdout, stderr } = await recipe(0, "tiny", "--python", python, "--write");
    assert.match(stderr, /^tiny: \d+ s with its data$/m);
    assert.match(stdout, /│ site +│ alone +│ network +│ pooled +│ network, over alone +│/);
    for (const row of ["a", "b", "c", "mean", "worst"]) assert.match(stdout, new RegExp(`│ ${row} +│ \\d`));
    assert.match(stdout, /The network .* at the worst site\./);
    assert.match(await readFile(lab.path("sim/recipes/README.md"), "utf8"), /\| a \| \d/);
  });

  it("makes nothing twice, and prints JSON", async () => {
    await writeFile(lab.path("sim/recipes/tiny/data.py"), "raise SystemExit('called again')\n");
    const { stdout } = await recipe(0, "tiny", "--python", python, "--json");
    const { recipes } = JSON.parse(stdout);
    assert.deepEqual(recipes[0].head, ["site", "alone", "network", "pooled", "network, over alone"]);
    assert.equal(recipes[0].rows.length, 5);
  });

  it("leaves no half data where the script fails, and says what to do", async () => {
    for (let i = 0; i < 2; i++) {
      const { stderr } = await recipe(FAILED, "broken", "--python", python);
      assert.match(stderr, /no package of that name/);
      assert.match(stderr, /sim\/recipes\/broken\/data\.py ended with status 1: install what it names at its head/);
    }
  });

  it("refuses a recipe that there is none of, and a Python that is not there", async () => {
    assert.match((await recipe(USAGE, "soup")).stderr, /give one of broken, tiny, or all/);
    assert.match(
      (await recipe(FAILED, "broken", "--python", "python99")).stderr,
      /--python python99: there is no such program/,
    );
  });
});
