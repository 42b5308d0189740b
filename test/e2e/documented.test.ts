/** Every command that a page or a help shows is run as it stands there, in bash, by the command line as it is installed; or it stands in a list with the reason why not. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Documented, examplesOfHelp, examplesOfPages } from "../support/documented/examples.ts";
import { openSandbox, type Sandbox, type Scene } from "../support/documented/sandbox.ts";
import type { Finished } from "../support/process.ts";
import { pythonWith } from "../support/program.ts";

/** Not run here; their options are held against the command (test/documented.test.ts). */
const NOT_RUN: readonly (readonly [line: RegExp, because: string])[] = [
  [/^npm ci/, "the checkout is installed already; what it makes is run by test/e2e/bundle.test.ts"],
  [
    /^npm run [a-z:]*(?:check|house|docs|test|bench|report)|^npm test/,
    "they run for minutes to hours, or are this run",
  ],
  [/demo/, "runs for 100 seconds: test/e2e/demo.test.ts"],
  [/^npm run (?:deb|image)/, "builds for minutes: test/e2e/deb.test.ts and its neighbours"],
  [/^npm run recipe|^node test\/bench\//, "data of packages that are not here, and minutes"],
  [/^sudo (?:mkdir|cp|systemctl)/, "it changes this machine; test/e2e/deb.test.ts has the drop-in"],
  [/^export PATH/, "there is no node_modules in the folder; the path is set"],
  [/^node line\.ts/, "test/e2e/library.test.ts"],
  [/^python make_sets/, "writes the shipped sets, from a package for Python"],
  [/^pip install/, "changes the machine; test/e2e/python.test.ts runs what it installs"],
  [/^prometheus/, "test/e2e/metrics.test.ts has it scrape"],
  [/service (?:install(?! --print)|status|uninstall)/, "needs a systemd: test/e2e/service.test.ts boots one"],
  [/vertical (?:offer(?! --help)|join|train|predict)/, "parties that wait for each other: test/e2e/vertical.test.ts"],
  [/sim compare .*--html change/, "draws, and what draws is left out: test/node/commands/sim/sim.test.ts"],
  [
    /^hearsay personalise/,
    "writes nothing where the model cannot be bettered: test/node/commands/peer/personalise.test.ts",
  ],
  [/--follow/, "learns from rows that come: test/e2e/follow.test.ts"],
  [/leaf (?:enrol|frame)/, "needs a model of 22 parameters, and a device: test/node/leaf/leaf.test.ts"],
  [/--peers 1000/, "a thousand peers"],
  [/key (?:backup|protect|unprotect|restore|new .*--protect)/, "passphrases take seconds: test/e2e/keys.test.ts"],
];

/** Where lines are run that need something else than a peer that runs. The first that fits counts. */
const SCENES: readonly (readonly [line: RegExp, scene: Scene])[] = [
  [/^hearsay (?:init|join)/, "empty"],
  [/\bup .*--trainer/, "program"],
  [/\bup .*--dataset digits/, "fresh digits"],
  [/\bup .*--task|doctor --task/, "fresh"],
  [/\bup |config check$/, "joined"],
  [/--dataset digits/, "digits"],
  [/key new/, "empty"],
  [/key (?:rotate|revoke)/, "stopped"],
];

/** What stands for what readers put in themselves, and what would take minutes. */
function asRun(line: string, { invite, anna, ben }: Sandbox): string {
  return line
    .replace(/ \[[^\]]*\]/g, "") // may be left out
    .replace(/'hearsay:[^']*'/, `'${invite}' --yes`) // there is no terminal to ask at
    .replace(/\/ip4\/192\.0\.2\.7\S*/, anna.address)
    .replace("audit 12D3KooW...", `audit ${ben.id}`)
    .replace("12D3KooW...", anna.id)
    .replace("Zx3kQw9b", ben.id.slice(-8))
    .replace("/etc/hearsay/", "")
    .replace("127.0.0.1:9464", "127.0.0.1:0") // another Prometheus may look at this machine
    .replace("sweep/runs/1f0c77aa2b119e3d-s1.json", "$(ls sweep/runs/*-s1.json)")
    .replace(/^(hearsay (?:tag|gate|rollout|rollback)\b(?!.*--key).*)/, "$1 --key release.key") // the peer's own is none of the task
    .replace(/^(hearsay peers --watch)$/, "timeout 3 $1 || test $? = 124")
    .replace(/^(hearsay key new )/, "rm release.key; $1")
    .replace("rmse < 3", "loss < 3") // the peer here tells classes apart
    .replace(/^(hearsay privacy test .*)/, "$1 --shadows 16 --steps 40 --minutes 1")
    .replace(/^(hearsay sim sweep .*)/, "$1 --workers 1")
    .replace("1..5", "1..2");
}

/** By what is run, since pages and help say the same more than once. */
const examples = new Map<string, Documented>();
for (const { where, line } of [...examplesOfPages(), ...(await examplesOfHelp())])
  for (const part of line.split(/ && |; /)) if (!examples.has(part)) examples.set(part, { where, line: part });
const run = [...examples.values()].filter(({ line }) => !NOT_RUN.some(([pattern]) => pattern.test(line)));
const { python, skip: withoutPython } = pythonWith(["numpy"]);

describe("commands of pages and help", () => {
  let sandbox: Sandbox;
  /** Two examples may come to the same. */
  const ran = new Map<string, Promise<Pick<Finished, "code" | "stdout" | "stderr">>>();
  before(async () => {
    sandbox = await openSandbox(python);
  });
  after(() => sandbox?.close());

  for (const { where, line } of run)
    it(`${line} (${where})`, { skip: /python|train\.py/.test(line) && withoutPython }, async () => {
      const scene = SCENES.find(([pattern]) => pattern.test(line))?.[1] ?? "running";
      const typed = asRun(line, sandbox);
      const { code, stdout, stderr } = await (ran.get(typed) ?? sandbox.run(scene, typed));
      ran.set(typed, Promise.resolve({ code, stdout, stderr }));
      assert.equal(code, 0, `${typed} (${scene})\n${stdout}${stderr}`);
      assert.doesNotMatch(stderr, /\n {4}at /, "a stack trace where a sentence would do");
    });
});

describe("the list of what is not run", () => {
  for (const [pattern] of NOT_RUN)
    it(`${pattern} is of a command that is shown`, () => {
      assert.ok([...examples.keys()].some((line) => pattern.test(line)));
    });
});
