/**
 * Vehicles on a grid of streets, and who comes near whom: contacts like those of a city, without a trace of one.
 *
 * The Manhattan model of Bai, Sadagopan and Helmy (IMPORTANT, INFOCOM 2003) in its essentials: on a square of blocks x blocks, at
 * every crossing straight on with probability 1/2, left or right with 1/4 each (of those that do not lead out of the square).
 * Each vehicle keeps one speed; it neither stops nor parks, and others are not in its way. Two are in contact where their
 * distance as the crow flies is below the range: houses do not shade. Sampled once a second, so shorter contacts can be missed.
 */
import type { Rng } from "../../protocol/base/rng.ts";
import { createNeighbourSearch } from "./near.ts";
import type { ContactChange } from "./presence.ts";
import type { Contact, VehiclesSpec } from "./schema.ts";

/** East, north, west, south: a turn to the left is one further. */
const DX = [1, 0, -1, 0] as const;
const DY = [0, 1, 0, -1] as const;

export interface Fleet {
  /** Metres from the south-west corner, by vehicle. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Everybody drives on. */
  drive(seconds: number): void;
}

/** Starts with every vehicle somewhere on a street, uniformly. */
export function createFleet(spec: VehiclesSpec, vehicles: number, rng: Rng): Fleet {
  const { blocks, blockMetres, speedMetresPerSecond, speedSpread } = spec;
  const [x, y] = [new Float64Array(vehicles), new Float64Array(vehicles)];
  /** The crossing that each comes from, where it heads, and the metres since. */
  const [column, row] = [new Int32Array(vehicles), new Int32Array(vehicles)];
  const heading = new Uint8Array(vehicles);
  const gone = new Float64Array(vehicles);
  const speed = new Float64Array(vehicles);

  /** Whether a street leads from the crossing in that direction. */
  function leads(c: number, r: number, direction: number): boolean {
    const [nextColumn, nextRow] = [c + (DX[direction] as number), r + (DY[direction] as number)];
    return nextColumn >= 0 && nextColumn <= blocks && nextRow >= 0 && nextRow <= blocks;
  }

  /** Where a vehicle that arrives at a crossing goes on. At a corner of the square one way is left, and there always is one. */
  function turn(c: number, r: number, from: number): number {
    const [left, right] = [(from + 1) % 4, (from + 3) % 4];
    const straight = leads(c, r, from) ? 2 : 0;
    const toLeft = leads(c, r, left) ? 1 : 0;
    const draw = rng.below(straight + toLeft + (leads(c, r, right) ? 1 : 0));
    if (draw < straight) return from;
    return draw < straight + toLeft ? left : right;
  }

  function place(i: number): void {
    const direction = heading[i] as number;
    x[i] = (column[i] as number) * blockMetres + (DX[direction] as number) * (gone[i] as number);
    y[i] = (row[i] as number) * blockMetres + (DY[direction] as number) * (gone[i] as number);
  }

  for (let i = 0; i < vehicles; i++) {
    do {
      column[i] = rng.below(blocks + 1);
      row[i] = rng.below(blocks + 1);
      heading[i] = rng.below(4);
    } while (!leads(column[i] as number, row[i] as number, heading[i] as number));
    gone[i] = rng.uniform() * blockMetres;
    speed[i] = speedMetresPerSecond * (1 + speedSpread * (2 * rng.uniform() - 1));
    place(i);
  }

  return {
    x,
    y,
    drive(seconds) {
      for (let i = 0; i < vehicles; i++) {
        let metres = (gone[i] as number) + (speed[i] as number) * seconds;
        for (; metres >= blockMetres; metres -= blockMetres) {
          const direction = heading[i] as number;
          const c = (column[i] as number) + (DX[direction] as number);
          const r = (row[i] as number) + (DY[direction] as number);
          column[i] = c;
          row[i] = r;
          heading[i] = turn(c, r, direction);
        }
        gone[i] = metres;
        place(i);
      }
    },
  };
}

/** Contacts as they begin and end, in the first `runMs`; costs O(vehicles + contacts) a second, most of it in `near.ts`. */
export function* vehicleChanges(
  spec: VehiclesSpec,
  vehicles: number,
  rng: Rng,
  runMs: number,
): Generator<ContactChange> {
  const fleet = createFleet(spec, vehicles, rng);
  const search = createNeighbourSearch(vehicles, spec.blocks * spec.blockMetres, spec.rangeMetres);
  /** Pair (a x vehicles + b, a < b) to the second in which it was last in range. */
  const inContact = new Map<number, number>();
  const nameOf = (pair: number) => ({ a: Math.floor(pair / vehicles), b: pair % vehicles });
  for (let second = 0; second * 1000 <= runMs; second++) {
    const met: number[] = [];
    const parted: number[] = [];
    search.forEachPair(fleet.x, fleet.y, (a, b) => {
      const pair = a * vehicles + b;
      if (!inContact.has(pair)) met.push(pair);
      inContact.set(pair, second);
    });
    for (const [pair, seen] of inContact) if (seen !== second) parted.push(pair);
    for (const pair of parted) inContact.delete(pair);
    const atMs = second * 1000;
    for (const pair of parted.sort((p, q) => p - q)) yield { atMs, kind: "unlink", ...nameOf(pair) };
    for (const pair of met.sort((p, q) => p - q)) yield { atMs, kind: "link", ...nameOf(pair) };
    fleet.drive(1);
  }
}

/** The contacts of the first `seconds` whole seconds, sorted by start; those that go on then end there. For `formatContacts`. */
export function vehicleContacts(spec: VehiclesSpec, vehicles: number, seconds: number, rng: Rng): Contact[] {
  const contacts: [start: number, end: number, a: number, b: number][] = [];
  /** Place of the contact that a pair has now. */
  const open = new Map<number, number>();
  for (const { atMs, kind, a, b } of vehicleChanges(spec, vehicles, rng, (seconds - 1) * 1000)) {
    const pair = a * vehicles + b;
    const contact = contacts[open.get(pair) ?? -1];
    if (kind === "link") open.set(pair, contacts.push([atMs / 1000, seconds, a, b]) - 1);
    else if (contact !== undefined) contact[1] = atMs / 1000;
  }
  return contacts;
}
