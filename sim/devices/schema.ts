/** The devices of a scenario: how fast they are, how long they last, when they are there. The models are the other files here. */
import * as z from "zod";

export interface DeviceSpec {
  /** Median virtual time of one local training. */
  readonly cycleSeconds: number;
  /** Sigma of the lognormal speed of a device; 0: all alike. */
  readonly speedSigma: number;
  /** This share of the devices (rounded) is `slowdown` times slower on top. */
  readonly stragglers: { readonly share: number; readonly slowdown: number };
  /** Left out: mains. A training takes one unit of charge; an empty device sleeps until it has charged to half. */
  readonly battery?: BatterySpec | undefined;
}

export interface BatterySpec {
  /** Trainings of a full battery; devices start anywhere between half and full. */
  readonly capacity: number;
  /** Units charged per cycleSeconds. */
  readonly chargeRate: number;
}

export type Session = readonly [onSeconds: number, offSeconds: number, peer: number];
export type Contact = readonly [startSeconds: number, endSeconds: number, a: number, b: number];

export type ChurnSpec =
  | { readonly kind: "always-on" }
  /** On and off for exponentially distributed times, in virtual seconds. */
  | { readonly kind: "exponential"; readonly meanOnSeconds: number; readonly meanOffSeconds: number }
  /** From a file `{ file: churn.csv }` with the columns on, off, peer, or inline; in any order. A peer without a row is never there. */
  | { readonly kind: "trace"; readonly sessions: readonly Session[] }
  /** Links exist only while two peers meet. From a file with the columns start, end, a, b, or inline; in any order. */
  | { readonly kind: "encounters"; readonly contacts: readonly Contact[] }
  | VehiclesSpec;

/** Encounters of vehicles that drive on a grid of streets (`vehicles.ts`). */
export interface VehiclesSpec {
  readonly kind: "vehicles";
  /** Blocks along each side of the square. */
  readonly blocks: number;
  readonly blockMetres: number;
  readonly speedMetresPerSecond: number;
  /** Each vehicle has one speed, uniform within this share of `speedMetresPerSecond` around it. */
  readonly speedSpread: number;
  /** Two vehicles nearer than this are in contact. */
  readonly rangeMetres: number;
}

/** What is wrong with a row of a trace or of contacts, and what to do about it; undefined where nothing is. */
export function faultOfRow([start, end, a, b]: Session | Contact): string | undefined {
  if (end <= start) return `ends at ${end} s, but starts at ${start} s; swap the two times or leave the row out`;
  if (a === b) return `says that peer ${a} meets itself; name two peers or leave the row out`;
  return undefined;
}

/** Row faults that are spelt out; more would only scroll the first ones away. */
const MAX_ROW_FAULTS = 10;

const share = z.number().min(0).max(1);
const positive = z.number().positive();
const seconds = z.number().min(0);
const peer = z.int().min(0);

const session = z.tuple([seconds, seconds, peer]);
const contact = z.tuple([seconds, seconds, peer, peer]);

export const deviceSchema: z.ZodType<DeviceSpec> = z
  .strictObject({
    cycleSeconds: positive.default(1),
    speedSigma: z.number().min(0).max(3).default(0.6),
    stragglers: z.strictObject({ share: share.default(0), slowdown: positive.min(1).default(20) }).prefault({}),
    battery: z.strictObject({ capacity: z.number().min(2).default(100), chargeRate: positive.default(0.5) }).optional(),
  })
  .prefault({});

export const churnSchema: z.ZodType<ChurnSpec> = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("always-on") }),
    z.strictObject({ kind: z.literal("exponential"), meanOnSeconds: positive, meanOffSeconds: positive }),
    z.strictObject({ kind: z.literal("trace"), sessions: z.array(session).superRefine(checkRows) }),
    z.strictObject({ kind: z.literal("encounters"), contacts: z.array(contact).superRefine(checkRows) }),
    z.strictObject({
      kind: z.literal("vehicles"),
      blocks: z.int().min(1).max(1000).default(8),
      blockMetres: positive.default(200),
      speedMetresPerSecond: positive.default(10),
      speedSpread: share.default(0.3),
      rangeMetres: positive.default(150),
    }),
  ])
  .prefault({ kind: "always-on" });

function checkRows(rows: readonly (Session | Contact)[], context: z.RefinementCtx): void {
  let faults = 0;
  for (const [i, row] of rows.entries()) {
    const fault = faultOfRow(row);
    if (fault === undefined) continue;
    if (faults++ < MAX_ROW_FAULTS) context.addIssue({ code: "custom", path: [i], message: `row ${i + 1} ${fault}` });
  }
  if (faults > MAX_ROW_FAULTS)
    context.addIssue({ code: "custom", message: `${faults - MAX_ROW_FAULTS} more rows are wrong` });
}
