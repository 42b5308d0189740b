import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mean } from "../../../protocol/base/figures.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { createPresence } from "../../../sim/devices/churn.ts";
import { formatContacts, parseContacts } from "../../../sim/devices/csv.ts";
import { churnSchema, type VehiclesSpec } from "../../../sim/devices/schema.ts";
import { createFleet, vehicleChanges, vehicleContacts } from "../../../sim/devices/vehicles.ts";
import { isNear } from "../../support/samples.ts";

const specOf = (source: object = {}) => churnSchema.parse({ kind: "vehicles", ...source }) as VehiclesSpec;

describe("vehicles", () => {
  it("stay on the streets, at their speed", () => {
    const spec = specOf({ blocks: 3, speedMetresPerSecond: 12, speedSpread: 0.25 });
    const fleet = createFleet(spec, 200, createRng("fleet"));
    const metres = new Array<number>(200).fill(0);
    for (let second = 0; second < 100; second++) {
      const before = [fleet.x.slice(), fleet.y.slice()] as const;
      fleet.drive(1);
      for (let i = 0; i < 200; i++) {
        const [x, y] = [fleet.x[i] as number, fleet.y[i] as number];
        assert.ok(x >= 0 && x <= 600 && y >= 0 && y <= 600);
        assert.ok(x % 200 === 0 || y % 200 === 0, `${x}, ${y} is no street`);
        metres[i] =
          (metres[i] as number) + Math.abs(x - (before[0][i] as number)) + Math.abs(y - (before[1][i] as number));
      }
    }
    const speeds = metres.map((total) => total / 100);
    assert.ok(Math.min(...speeds) >= 9 - 1e-9 && Math.max(...speeds) <= 15 + 1e-9, "12 m/s within a quarter");
    assert.ok(isNear(mean(speeds), 12, 0.03), `mean ${mean(speeds)}`);
  });

  it("go straight on at half of the crossings inside, and turn back at none", () => {
    const spec = specOf({ blocks: 40, blockMetres: 10, speedMetresPerSecond: 10, speedSpread: 0 });
    const fleet = createFleet(spec, 400, createRng("turns"));
    let [straight, turned] = [0, 0];
    const step = () => {
      const before = [fleet.x.slice(), fleet.y.slice()] as const;
      fleet.drive(0.001); // just after where each is: which way it heads
      const dx = fleet.x.map((x, i) => Math.sign(Math.round((x - (before[0][i] as number)) * 1e6)));
      const dy = fleet.y.map((y, i) => Math.sign(Math.round((y - (before[1][i] as number)) * 1e6)));
      fleet.drive(0.999);
      return { dx, dy, x: fleet.x.slice(), y: fleet.y.slice() };
    };
    let last = step();
    for (let second = 0; second < 50; second++) {
      const next = step();
      for (let i = 0; i < 400; i++) {
        const inside = [last.x[i] as number, last.y[i] as number].every((metres) => metres > 20 && metres < 380);
        const along = (last.dx[i] as number) * (next.dx[i] as number) + (last.dy[i] as number) * (next.dy[i] as number);
        assert.notEqual(along, -1, "no U-turn");
        if (!inside) continue;
        if (along === 1) straight++;
        else turned++;
      }
      last = next;
    }
    const share = straight / (straight + turned);
    assert.ok(isNear(share, 0.5, 0.05), `straight on ${share}`);
  });

  it("are in contact exactly while their distance is below the range", () => {
    const spec = specOf({ blocks: 4, rangeMetres: 120 });
    const vehicles = 40;
    const fleet = createFleet(spec, vehicles, createRng("contacts"));
    const linked = new Set<string>();
    const changes = [...vehicleChanges(spec, vehicles, createRng("contacts"), 60_000)];
    let events = 0;
    for (let second = 0; second <= 60; second++, fleet.drive(1)) {
      for (const { kind, a, b } of changes.filter(({ atMs }) => atMs === second * 1000)) {
        events++;
        assert.ok(a < b);
        const pair = `${a}-${b}`;
        if (kind === "link") assert.ok(!linked.has(pair) && linked.add(pair));
        else assert.ok(linked.delete(pair), `${pair} was not in contact`);
      }
      for (let a = 0; a < vehicles; a++)
        for (let b = a + 1; b < vehicles; b++) {
          const dx = (fleet.x[a] as number) - (fleet.x[b] as number);
          const dy = (fleet.y[a] as number) - (fleet.y[b] as number);
          assert.equal(linked.has(`${a}-${b}`), dx * dx + dy * dy < 120 * 120, `${a}-${b} at ${second} s`);
        }
    }
    assert.equal(events, changes.length);
  });

  it("meet about as often as points thrown on the square", () => {
    const spec = specOf({ blocks: 20, rangeMetres: 150 });
    const contacts = vehicleContacts(spec, 300, 300, createRng("density"));
    const pairSeconds = contacts.reduce((sum, [start, end]) => sum + end - start, 0) / 300;
    const pairs = (300 * 299) / 2;
    // Without the border: pi r^2 / side^2. Streets and borders shift it a little.
    const expected = (pairs * Math.PI * 150 ** 2) / 4000 ** 2;
    assert.ok(isNear(pairSeconds, expected, 0.2), `${pairSeconds} pairs in contact, ${expected} to be expected`);
  });

  it("have a trace that goes through CSV and gives the very same encounters", () => {
    const spec = specOf({ blocks: 5 });
    const contacts = vehicleContacts(spec, 30, 120, createRng("trace"));
    assert.ok(contacts.length > 50);
    for (const [start, end, a, b] of contacts) assert.ok(0 <= start && start < end && end <= 120 && a < b);
    const read = parseContacts([...formatContacts(contacts)].join(""), "vehicles.csv");
    assert.deepEqual(read, contacts);
    const recorded = createPresence({ kind: "encounters", contacts: read }, 30, 120_000, createRng(1));
    const open = ({ atMs }: { atMs: number }) => atMs < 120_000;
    assert.deepEqual(
      [...recorded.changes].filter(open),
      [...createPresence(spec, 30, 120_000, createRng("trace")).changes].filter(open),
    );
  });

  it("stop at the end of the run, also where nobody ever meets", () => {
    const lonely = createPresence(specOf({ blocks: 1000, rangeMetres: 1 }), 2, 60_000, createRng(1));
    assert.deepEqual([lonely.links, [...lonely.changes]], ["contacts", []]);
    assert.deepEqual([...vehicleChanges(specOf(), 1, createRng(1), 5000)], []);
  });
});
