/** Opens the budgets of a peer: a meter for each kind of links, with what is left of it in the store; or one that is planned with and not enforced. */
import type { ByteLimit } from "../../protocol/traffic/byte-limit.ts";
import { type MeterParts, openMeter } from "../../protocol/traffic/meter.ts";
import { createPlanned } from "../../protocol/traffic/planned.ts";
import type { Spending } from "../../protocol/traffic/thrift.ts";
import { RESERVE_BYTES } from "./metered-connection.ts";
import { createMetering, type Link, type Metering } from "./metering.ts";

/** What may pass over a kind of links (link-kinds.ts). */
export interface LinkLimit {
  readonly kind: string;
  /** Undefined where it is unlimited. */
  readonly limit: ByteLimit | undefined;
  /** Planned with, and not enforced. It stands alone then. */
  readonly isPlanned?: true;
}

/** What the sockets go by, and what the peer plans with. */
export interface OpenBudget {
  /** Undefined where nothing is enforced. */
  readonly metering: Metering | undefined;
  /** Undefined where nothing is limited. */
  readonly spending: (() => Spending | undefined) | undefined;
}

export async function openBudget(budgets: readonly LinkLimit[], parts: MeterParts): Promise<OpenBudget> {
  const [first] = budgets;
  if (first === undefined) return { metering: undefined, spending: undefined };
  if (first.isPlanned && first.limit !== undefined) {
    const planned = createPlanned(parts.clock, first.limit);
    return { metering: undefined, spending: () => planned };
  }
  const links: Link[] = [];
  for (const { kind, limit } of budgets) {
    const meter = limit && (await openMeter(parts, { name: kind, limit, mostBytes: 2 * RESERVE_BYTES }));
    links.push({ kind, meter });
  }
  const metering = createMetering(links);
  return { metering, spending: metering.spending };
}
