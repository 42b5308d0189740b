/** Windows of local time, also where summer time begins and ends; and a peer that is away in them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createQuietHours, nextChangeMs, parseWindow } from "../../../node/policy/quiet-hours.ts";
import { keepQuiet } from "../../../node/policy/quiet-peer.ts";
import type { Trainer } from "../../../protocol/base/learning-seams.ts";

const at = (text: string) => Date.parse(text);

test("a window holds from its first minute to its last, on its days, over midnight too", () => {
  const night = createQuietHours(["22:00-06:00"], "UTC");
  const held = (time: string) => night.isQuiet(at(`2026-06-03T${time}Z`));
  assert.deepEqual(["21:59", "22:00", "23:59"].map(held), [false, true, true]);
  assert.deepEqual(["00:00", "05:59", "06:00"].map(held), [true, true, false]);
  const work = createQuietHours(["Mon-Fri 08:00-18:00", "Fri 22:00-02:00"], "UTC");
  const day = (date: string) => work.isQuiet(at(`${date}Z`));
  assert.equal(day("2026-06-05T12:00"), true, "a Friday");
  assert.equal(day("2026-06-06T12:00"), false, "a Saturday");
  assert.equal(day("2026-06-06T01:59"), true, "Friday's window goes into Saturday");
  assert.equal(day("2026-06-07T01:00"), false);
  assert.equal(
    createQuietHours(["Sat-Mon 00:00-24:00"], "UTC").isQuiet(at("2026-06-07T23:59Z")),
    true,
    "over the week's end",
  );
});

test("a window is one of the wall: summer time moves it, skips what is skipped, and doubles what comes twice", () => {
  const { isQuiet } = createQuietHours(["02:00-03:00", "22:00-22:30"], "Europe/Berlin");
  assert.equal(isQuiet(at("2026-01-10T21:15Z")), true, "22:15 in winter");
  assert.equal(isQuiet(at("2026-07-10T20:15Z")), true, "22:15 in summer");
  assert.equal(isQuiet(at("2026-07-10T21:15Z")), false);
  const minutes = (from: string, hours: number) =>
    Array.from({ length: 60 * hours }, (_, i) => isQuiet(at(from) + 60_000 * i)).filter(Boolean).length;
  assert.equal(minutes("2026-03-28T23:00Z", 6), 0, "02:00 to 03:00 does not come on 29 March 2026");
  assert.equal(minutes("2026-10-24T22:00Z", 6), 120, "and comes twice on 25 October 2026");
  assert.equal(minutes("2026-06-10T22:00Z", 6), 60);
});

test("the next change is told to the minute, and none where there is none", () => {
  const { isQuiet } = createQuietHours(["22:00-06:00"], "UTC");
  assert.equal(nextChangeMs(isQuiet, at("2026-06-03T12:34:56Z")), at("2026-06-03T22:00Z"));
  assert.equal(nextChangeMs(isQuiet, at("2026-06-03T22:00Z")), at("2026-06-04T06:00Z"));
  assert.equal(nextChangeMs(createQuietHours(["00:00-24:00"], "UTC").isQuiet, 0), undefined);
});

test("what is no window is refused with how it is written", () => {
  for (const text of ["22-6", "24:00-06:00", "08:00-08:00", "08:60-09:00", "Foo 08:00-09:00", "08:00-25:00"])
    assert.throws(() => parseWindow(text), { name: "RangeError", message: /write it as|days are/ }, text);
});

test("a peer that becomes quiet leaves, its next training waits, and it comes back when it is over; at its end a waiting training rejects", async () => {
  let quiet = false;
  let tick = () => {};
  const events: string[] = [];
  const trainer = {
    engine: "e",
    numExamples: 1,
    fit: async () => ({ params: new Float32Array(), loss: 0 }),
  } as unknown as Trainer;
  const peer = keepQuiet({
    clock: {
      after(_, look) {
        tick = look;
        return () => events.push("cancelled");
      },
    },
    ...{ isQuiet: () => quiet, trainer, leave: () => events.push("left"), comeBack: () => events.push("back") },
  });
  const fit = () => peer.trainer.fit({ params: new Float32Array(), steps: 1, seed: "" });
  await fit();
  quiet = true;
  tick();
  let trained = false;
  const waits = fit().then(() => (trained = true));
  await Promise.resolve();
  tick();
  assert.deepEqual([events, trained], [["left"], false]);
  quiet = false;
  tick();
  await waits;
  assert.deepEqual(events, ["left", "back"]);
  quiet = true;
  tick();
  const late = assert.rejects(fit(), { code: "ERR_ENGINE" });
  peer.stop();
  await late;
  assert.deepEqual(events, ["left", "back", "left", "cancelled"]);
});
