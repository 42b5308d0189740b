/** Messages of Debian's mosquitto, over TLS: kept before they are acknowledged, none lost and none twice while this peer or the broker is away. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connectAsync, type MqttClient } from "mqtt";
import { mqtt } from "../../../../node/data/sources/mqtt.ts";
import type { OpenSource } from "../../../../node/data/sources/source.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { type Broker, MOSQUITTO, prepareBroker } from "../../../support/broker.ts";
import { withoutProgram } from "../../../support/program.ts";

const TABLE = { wanted: [], isHeader: () => false, refuseHeader() {} };
const DEADLINE_MS = 20_000;

describe("messages of a broker", { skip: withoutProgram(MOSQUITTO, "mosquitto") }, () => {
  const store = createMemoryStore();
  let broker: Broker;
  let sender: MqttClient;
  const warnings: string[] = [];

  before(async () => {
    broker = await prepareBroker();
    await broker.start();
    sender = await connectAsync(broker.url, { ca: await readFile(broker.ca), reconnectPeriod: 200 });
    await send("house/kitchen/air", { x: 1, t: 0 }, true);
  });
  after(async () => {
    await sender?.endAsync(true);
    await broker?.remove();
  });

  async function send(topic: string, message: unknown, retain = false): Promise<void> {
    const payload = typeof message === "string" ? message : JSON.stringify(message);
    await sender.publishAsync(topic, payload, { qos: 1, retain });
  }

  function open(past?: unknown): Promise<OpenSource> {
    const path = `${broker.url}/house/+/air`;
    const warn = (message: string) => void warnings.push(message);
    return mqtt.open({ path, columns: ["t", "x"], table: TABLE, store, ca: broker.ca, past, warn });
  }

  /** So many records, as they come. */
  async function take(source: OpenSource, count: number) {
    const records = [];
    for (const endMs = Date.now() + DEADLINE_MS; records.length < count && Date.now() < endMs; await sleep(20))
      records.push(...(await source.take(count)).records);
    source.acknowledge();
    return records;
  }

  it("come over TLS, those that were retained first, and are put aside where they are no row", async () => {
    const source = await open();
    assert.deepEqual(
      (await take(source, 1)).map(({ fields }) => fields),
      [["0", "1"]],
    );
    await send("house/hall/air", [
      { x: 2, t: 1 },
      { x: null, t: 2, battery: 3 },
    ]);
    await send("house/hall/noise", { x: 9, t: 9 });
    for (const bad of ["no JSON", '{"t":1}', '{"t":1,"x":[2]}', "7"]) await send("house/hall/air", bad);
    const records = await take(source, 6);
    assert.deepEqual(
      records.slice(0, 2).map(({ fields }) => fields),
      [
        ["1", "2"],
        ["2", ""],
      ],
    );
    assert.ok(records.slice(2).every(({ fault }) => fault !== undefined));
    const past = source.position();
    await source.close();

    // away: the broker keeps them, through a restart of its own
    await send("house/hall/air", { x: 3, t: 3 });
    await broker.stop();
    await broker.start();
    await send("house/hall/air", { x: 4, t: 4 });
    const again = await open(past);
    assert.deepEqual(
      (await take(again, 2)).map(({ fields }) => fields[0]),
      ["3", "4"],
      "the retained one does not count again",
    );
    await again.close();
  });

  it("that were on disk when the process was killed are taken after its restart", async () => {
    const source = await open({ next: 100 });
    await send("house/hall/air", { x: 5, t: 5 });
    await send("house/hall/air", { x: 6, t: 6 });
    const taken: string[] = [];
    for (const endMs = Date.now() + DEADLINE_MS; taken.length < 2 && Date.now() < endMs; await sleep(20))
      taken.push(...(await source.take(2)).records.map(({ fields }) => fields[0] ?? ""));
    assert.deepEqual(taken, ["5", "6"], "taken, and nothing of that is on disk");
    await source.close();
    const again = await open({ next: 100 });
    assert.deepEqual(
      (await again.take(10)).records.map(({ fields }) => fields[0]),
      ["5", "6"],
    );
    await again.close();
    const after = await open({ next: 102 });
    assert.deepEqual((await after.take(10)).records, [], "with their place they do not come again");
    after.acknowledge();
    await after.close();
  });

  it("wait at the broker where too many are here", async () => {
    const source = await open({ next: 200 });
    const most = LIMITS.maxWaitingMessages;
    await Promise.all(Array.from({ length: most + 50 }, (_, i) => send("house/hall/air", { x: i, t: i })));
    await sleep(300);
    const first = (await source.take(10 * most)).records;
    assert.ok(first.length <= most, `${first.length} were held`);
    source.acknowledge();
    assert.equal(first.length + (await take(source, most + 50 - first.length)).length, most + 50, "and none is lost");
    await source.close();
  });

  it("a broker that is lost is told once, and followed when it is there again", async () => {
    const source = await open({ next: 5000 });
    await send("house/hall/air", { x: 7, t: 7 });
    await take(source, 1);
    warnings.length = 0;
    await broker.stop();
    await broker.start();
    await send("house/hall/air", { x: 8, t: 8 });
    assert.deepEqual(
      (await take(source, 1)).map(({ fields }) => fields[0]),
      ["8"],
    );
    assert.equal(warnings.length, 2, warnings.join("\n"));
    await source.close();
  });
});
