/** How every command is called: what each definition of a room promises. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Command } from "commander";
import * as config from "../../../node/commands/config/cli.ts";
import * as data from "../../../node/commands/data/cli.ts";
import * as demo from "../../../node/commands/demo/cli.ts";
import * as doctor from "../../../node/commands/doctor/cli.ts";
import * as key from "../../../node/commands/key/cli.ts";
import * as log from "../../../node/commands/log/cli.ts";
import type { Definition } from "../../../node/commands/options.ts";
import * as peer from "../../../node/commands/peer/cli.ts";
import * as policy from "../../../node/commands/policy/cli.ts";
import * as privacy from "../../../node/commands/privacy/cli.ts";
import * as release from "../../../node/commands/release/cli.ts";
import * as service from "../../../node/commands/service/cli.ts";
import * as sim from "../../../node/commands/sim/cli.ts";
import * as trainer from "../../../node/commands/trainer/cli.ts";
import * as vertical from "../../../node/commands/vertical/cli.ts";

const ROOMS: Readonly<Record<string, Readonly<Record<string, Definition>>>> = {
  config,
  data,
  demo,
  doctor,
  key,
  log,
  peer,
  policy,
  privacy,
  release,
  service,
  sim,
  trainer,
  vertical,
};
const LIST = readFileSync(new URL("../../../node/command-list.ts", import.meta.url), "utf8");

for (const [room, definitions] of Object.entries(ROOMS)) {
  test(`every command of ${room} is in the list, says what each option is, and shows an example`, async () => {
    for (const [name, define] of Object.entries(definitions)) {
      assert.match(LIST, new RegExp(`\\)\\)?\\.${name}\\b`), `${room} ${name} is not in node/command-list.ts`);
      const command = new Command(name);
      await define(command);
      let help = "";
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      assert.match(help, /Examples?:\n {2}\$ /, name);
      const flags = command.options.map(({ long }) => long);
      assert.equal(new Set(flags).size, flags.length, `${name} has a flag twice`);
      for (const { long, description } of command.options)
        assert.ok(description.length > 3 || long === "--yes", `${name} ${long}`);
    }
  });
}

test("an option that several commands have means the same in all of them, but for a few words of the command", async () => {
  const shared = [
    "--state",
    "--generation",
    "--passphrase-file",
    "--engine",
    "--encoding",
    "--delimiter",
    "--decimal",
    "--drop",
  ];
  for (const flag of shared) {
    const told = new Set<string>();
    for (const define of Object.values(ROOMS).flatMap((definitions) => Object.values(definitions))) {
      const command = new Command("x");
      await define(command);
      for (const { long, description } of command.options) if (long === flag) told.add(description);
    }
    assert.equal(told.size, 1, `${flag}: ${[...told].join(" / ")}`);
  }
});
