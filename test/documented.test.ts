/** Commands that pages and help name are ones that this version takes, with the options that it has. What they do: test/e2e/documented.test.ts. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { allCommands, commandsInProse, examplesOfHelp, examplesOfPages } from "./support/documented/examples.ts";
import { faultOf } from "./support/documented/parse.ts";

const help = await examplesOfHelp();

describe("commands that readers copy", () => {
  const pages = examplesOfPages();
  const prose = commandsInProse();

  it("are found", () => {
    assert.ok(pages.length > 60, `${pages.length} in pages`);
    assert.ok(help.length > 80, `${help.length} in help`);
    assert.ok(prose.length > 200, `${prose.length} in sentences`);
  });

  it("in blocks of pages and in help are whole, and have options that there are", async () => {
    const faults = [];
    for (const { where, line } of [...pages, ...help]) {
      const fault = await faultOf(line, true);
      if (fault !== undefined) faults.push(`${where}: ${line}: ${fault}`);
    }
    assert.deepEqual(faults, []);
  });

  it("in sentences have options that there are", async () => {
    const faults = [];
    for (const { where, line } of prose) {
      const fault = await faultOf(line, false);
      if (fault !== undefined) faults.push(`${where}: ${line}: ${fault}`);
    }
    assert.deepEqual(faults, []);
  });

  it("are told by the help of every command", async () => {
    const told = new Set(help.map(({ where }) => where));
    const silent = (await allCommands()).filter(({ path, command }) => {
      return command.registeredArguments.length + command.options.length > 0 && !told.has(`${path} --help`);
    });
    assert.deepEqual(
      silent.map(({ path }) => path),
      [],
    );
  });
});

describe("the check of a command", () => {
  const CASES = [
    ["hearsay status --jsn", /unknown option '--jsn'/],
    ["hearsay data chek --data a.csv", /no command chek/],
    ["hearsay gate v7", /missing required argument/],
    ["hearsay log verify a b && hearsay me --all", /unknown option '--all'/],
    ["npm run demo -- --pages", /unknown option '--pages'/],
    ["npm run nothing", /no script nothing/],
    ["hearsay log show | jion", /no command jion/],
    ["hearsay sim run a.yaml [--seeds 2]", /unknown option '--seeds'/],
  ] as const;
  for (const [line, fault] of CASES)
    it(`finds what is wrong with ${line}`, async () => assert.match((await faultOf(line, true)) ?? "", fault));
});
