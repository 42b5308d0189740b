/** The devices of a scenario: how fast they are, how long they last, when they are there. The models are the other files here. */
import * as z from "zod";
import type { Immutable } from "../../protocol/base/immutable.ts";

export type DeviceSpec = Immutable<z.output<typeof deviceSchema>>;
export type Session = readonly [onSeconds: number, offSeconds: number, peer: number];
export type Contact = readonly [startSeconds: number, endSeconds: number, a: number, b: number];
export type ChurnSpec = Immutable<z.output<typeof churnSchema>>;

/** From a time on, how long a training of a peer takes. */
export type Pace = readonly [atSeconds: number, seconds: number, peer: number];

/** Encounters of vehicles that drive on a grid of streets (`vehicles.ts`). */
export type VehiclesSpec = Extract<ChurnSpec, { readonly kind: "vehicles" }>;

/** What is wrong with a row of a trace or of contacts, and what to do about it; undefined where nothing is. */
export function faultOfRow([start, end, a, b]: Session | Contact): string | undefined {
  if (end <= start) return `ends at ${end} s, but starts at ${start} s; swap the two times or leave the row out`;
  if (a === b) return `says that peer ${a} meets itself; name two peers or leave the row out`;
  return undefined;
}

/** The same of a row of paces. */
export function faultOfPace([, seconds]: Pace): string | undefined {
  return seconds > 0 ? undefined : "has trainings of 0 s; give more, or leave the row out";
}

/** Row faults that are spelt out; more would only scroll the first ones away. */
const MAX_ROW_FAULTS = 10;

const share = z.number().min(0).max(1);
const positive = z.number().positive();
const seconds = z.number().min(0);
const peer = z.int().min(0);

const session = z.tuple([seconds, seconds, peer]);
const contact = z.tuple([seconds, seconds, peer, peer]);

const stragglers = z
  .strictObject({ share: share.default(0), slowdown: positive.min(1).default(20) })
  .describe("this share of the devices (rounded) is so many times slower on top");

const battery = z
  .strictObject({
    capacity: z
      .number()
      .min(2)
      .default(100)
      .describe("trainings of a full battery; devices start anywhere between half and full"),
    chargeRate: positive.default(0.5).describe("units charged per cycleSeconds"),
  })
  .describe(
    "left out: mains. A training takes one unit of charge; an empty device sleeps until it has charged to half",
  );

export const deviceSchema = z
  .strictObject({
    cycleSeconds: positive.default(1).describe("median virtual time of one local training"),
    speedSigma: z
      .number()
      .min(0)
      .max(3)
      .default(0.6)
      .describe("sigma of the lognormal speed of a device; 0: all alike"),
    speeds: z
      .enum(["drawn", "stratified"])
      .optional()
      .describe(
        "stratified: the devices have the quantiles (i + 1/2) / n of the distribution, dealt with the seed, so that every seed has the same speeds; left out: drawn, each device for itself",
      ),
    trainings: z
      .array(z.tuple([seconds, positive, peer]))
      .optional()
      .describe(
        "[at, seconds, peer] in any order: from `at` on a training of that peer takes so many seconds; before its first row, and without one, it has the speed of the other settings. Or a file with these columns",
      ),
    stragglers: stragglers.prefault({}),
    battery: battery.optional(),
  })
  .prefault({});

const sessions = z
  .array(session)
  .superRefine(checkRows)
  .describe("[on, off, peer] in any order; a peer without a row is never there. Or a file with these columns");

const contacts = z
  .array(contact)
  .superRefine(checkRows)
  .describe("[start, end, a, b] in any order: links exist only while two peers meet. Or a file with these columns");

const vehicles = z.strictObject({
  kind: z.literal("vehicles"),
  blocks: z.int().min(1).max(1000).default(8).describe("along each side of the square"),
  blockMetres: positive.default(200),
  speedMetresPerSecond: positive.default(10),
  speedSpread: share
    .default(0.3)
    .describe("each vehicle has one speed, uniform within this share around speedMetresPerSecond"),
  rangeMetres: positive.default(150).describe("two vehicles nearer than this are in contact"),
});

export const churnSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("always-on") }),
    z
      .strictObject({ kind: z.literal("exponential"), meanOnSeconds: positive, meanOffSeconds: positive })
      .describe("on and off for exponentially distributed times, in virtual seconds"),
    z.strictObject({ kind: z.literal("trace"), sessions }),
    z.strictObject({ kind: z.literal("encounters"), contacts }),
    vehicles,
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
