/** What a machine says of power and link, from files as Linux has them, and what comes of it. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { readGrade, watchLine } from "../../../node/policy/line.ts";
import { readLink } from "../../../node/policy/metered.ts";
import { readPower } from "../../../node/policy/power.ts";
import { type Machine, savingReasons } from "../../../node/policy/saving.ts";
import { DEFAULTS } from "../../../node/settings/table.ts";
import { LINK_GRADES } from "../../../protocol/gateway/beacon.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearsay-saving-"));
});
after(() => rm(root, { recursive: true }));

type Supplies = Readonly<Record<string, Readonly<Record<string, string>>>>;
let made = 0;

/** A folder like /sys/class/power_supply. */
async function folderOf(supplies: Supplies): Promise<string> {
  const folder = join(root, `supplies-${made++}`);
  for (const [name, files] of Object.entries(supplies)) {
    await mkdir(join(folder, name), { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, name, file), `${text}\n`);
  }
  return folder;
}

describe("what Linux says of power", () => {
  const battery = (status: string) => ({ type: "Battery", status });
  const cases: readonly (readonly [string, Supplies, "mains" | "battery" | undefined])[] = [
    ["a laptop that is plugged in", { AC: { type: "Mains", online: "1" }, BAT0: battery("Charging") }, "mains"],
    ["one that is full", { AC: { type: "Mains", online: "1" }, BAT0: battery("Full") }, "mains"],
    ["one that is not", { AC: { type: "Mains", online: "0" }, BAT0: battery("Discharging") }, "battery"],
    ["one that takes power over USB", { ucsi: { type: "USB", online: "1" }, BAT0: battery("Charging") }, "mains"],
    ["one with two batteries", { BAT0: battery("Unknown"), BAT1: battery("Discharging") }, "battery"],
    ["a phone that hides its supply", { battery: battery("Charging") }, "mains"],
    ["a desktop with a mouse", { hid: { type: "Battery", scope: "Device", status: "Discharging" } }, undefined],
    ["a board without any", {}, undefined],
  ];
  for (const [what, supplies, power] of cases)
    it(`${what}: ${power ?? "nothing"}`, async () => assert.equal(await readPower(await folderOf(supplies)), power));

  it("no such folder, as on another system: nothing", async () => {
    assert.equal(await readPower(join(root, "nowhere")), undefined);
  });
});

describe("what NetworkManager says of the default route", () => {
  const line = (device: string, destination: string, metric: number) =>
    [
      device,
      destination,
      "0101A8C0",
      "0003",
      "0",
      "0",
      metric,
      destination === "00000000" ? destination : "00FFFFFF",
      "0",
    ].join("\t");
  const table = (...lines: string[]) =>
    ["Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU", ...lines].join("\n");
  const printed =
    "GENERAL.DEVICE:wlan0\nGENERAL.METERED:no (guessed)\n\nGENERAL.DEVICE:wwan0\nGENERAL.METERED:yes\n\nGENERAL.DEVICE:lo\nGENERAL.METERED:unknown\n";

  async function linkBy(routes: string, ask: () => Promise<string> = async () => printed) {
    const file = join(root, `routes-${made++}`);
    await writeFile(file, routes);
    return readLink({ routes: file, ask });
  }

  it("counts for the device with the least metric, and for no other", async () => {
    const both = [line("wlan0", "00000000", 600), line("wwan0", "00000000", 700), line("wwan0", "0001A8C0", 1)];
    assert.equal(await linkBy(table(...both)), "unmetered");
    assert.equal(await linkBy(table(line("wwan0", "00000000", 700), line("wlan0", "0001A8C0", 600))), "metered");
  });

  it("is nothing where it does not know, is not there, or there is no way to the Internet", async () => {
    assert.equal(await linkBy(table(line("lo", "00000000", 1))), undefined);
    assert.equal(await linkBy(table(line("eth9", "00000000", 1))), undefined);
    assert.equal(await linkBy(table(line("wlan0", "0001A8C0", 1))), undefined);
    assert.equal(
      await linkBy(table(line("wwan0", "00000000", 1)), () => Promise.reject(new Error("no nmcli"))),
      undefined,
    );
  });
});

describe("how good a line is", () => {
  const grades = Object.fromEntries(Object.entries(LINK_GRADES).map(([name, grade]) => [grade, name]));

  async function gradeOf(files: Readonly<Record<string, string>> | undefined, setting: "auto" | "metered" = "auto") {
    const folder = join(root, `interfaces-${made++}`);
    const routes = `${folder}-routes`;
    await writeFile(routes, files === undefined ? "" : "eth0\t00000000\t0101A8C0\t0003\t0\t0\t1\t00000000\t0\n");
    for (const [file, text] of Object.entries(files ?? {})) {
      await mkdir(join(folder, "eth0", file, ".."), { recursive: true });
      await writeFile(join(folder, "eth0", file), `${text}\n`);
    }
    return grades[await readGrade(setting, { routes, interfaces: folder, ask: async () => "" })];
  }

  it("is told by its kind and its speed, in four grades", async () => {
    assert.equal(await gradeOf({ speed: "1000" }), "fast");
    assert.equal(await gradeOf({ speed: "100" }), "fast");
    assert.equal(await gradeOf({ speed: "10" }), "slow");
    assert.equal(await gradeOf({ speed: "-1" }), "usual");
    assert.equal(
      await gradeOf({ speed: "1000", "wireless/there": "" }),
      "usual",
      "a radio is no cable, whatever it says",
    );
    assert.equal(await gradeOf({ uevent: "DEVTYPE=wwan", speed: "1000" }), "slow");
    assert.equal(await gradeOf(undefined), "usual", "nobody knows");
    assert.equal(await gradeOf({ speed: "1000" }, "metered"), "metered", "the owner says so");
  });

  it("is looked at again while the peer runs", async () => {
    const clock = createVirtualClock();
    const folder = join(root, `interfaces-${made++}`);
    await mkdir(join(folder, "eth0"), { recursive: true });
    const routes = `${folder}-routes`;
    await writeFile(routes, "eth0\t00000000\t0101A8C0\t0003\t0\t0\t1\t00000000\t0\n");
    await writeFile(join(folder, "eth0", "speed"), "1000\n");
    let printed = "";
    const line = await watchLine("auto", clock, { routes, interfaces: folder, ask: async () => printed });
    assert.equal(line.grade(), LINK_GRADES.fast);
    printed = "GENERAL.DEVICE:eth0\nGENERAL.METERED:yes\n";
    await clock.run(61_000);
    for (let i = 0; i < 1000 && line.grade() !== LINK_GRADES.metered; i++) await sleep(5); // files are read meanwhile
    assert.equal(line.grade(), LINK_GRADES.metered);
    line.stop();
  });
});

describe("reasons to pause", () => {
  async function scene(changes: Partial<typeof DEFAULTS.saving>) {
    const clock = createVirtualClock();
    const says: { power: Awaited<ReturnType<Machine["power"]>>; link: Awaited<ReturnType<Machine["link"]>> } = {
      power: "battery",
      link: "metered",
    };
    let looks = 0;
    const machine: Machine = {
      async power() {
        looks++;
        return says.power;
      },
      async link() {
        looks++;
        return says.link;
      },
    };
    const told: string[] = [];
    const reasons = await savingReasons(
      { ...DEFAULTS.saving, ...changes },
      clock,
      (words) => told.push(words),
      machine,
    );
    const pauses = () => reasons.flatMap((reason) => reason.pause() ?? []).map(({ stops }) => stops);
    const pass = async (ms: number) => {
      await clock.run(clock.now() + ms);
      await setImmediate();
    };
    return { says, told, reasons, pauses, pass, looks: () => looks };
  }

  it("are none where nothing is set, and the machine is not asked", async () => {
    const { reasons, looks } = await scene({});
    assert.deepEqual([reasons.length, looks()], [0, 0]);
  });

  it("hold from the start, are looked at again, and are told when they come and go", async () => {
    const { says, told, pauses, pass } = await scene({ trainOn: "mains", pullOn: "unmetered" });
    assert.deepEqual(pauses(), ["training", "exchange"]);
    says.power = "mains";
    await pass(10_000);
    assert.deepEqual(pauses(), ["exchange"]);
    says.link = undefined;
    await pass(60_000);
    assert.deepEqual(pauses(), [], "nobody knows: nothing is paused");
    assert.deepEqual(told, [
      "training is paused: on battery (saving.trainOn: mains)",
      "exchange is paused: the link is metered (saving.pullOn: unmetered)",
      "training goes on",
      "exchange goes on",
    ]);
  });

  it("go by what a setting says, whatever the machine does", async () => {
    const { pauses, looks } = await scene({ trainOn: "mains", power: "mains", pullOn: "unmetered", link: "metered" });
    assert.deepEqual([pauses(), looks()], [["exchange"], 0]);
  });

  it("are looked at no more once the peer has ended", async () => {
    const { reasons, pass, looks } = await scene({ trainOn: "mains" });
    for (const reason of reasons) reason.stop();
    await pass(60_000);
    assert.equal(looks(), 1);
  });
});
