/** Opens the budgets of a peer: a meter for each kind of links, with what is left of it in the store. */
import type { ByteLimit } from "../../protocol/traffic/byte-limit.ts";
import { type MeterParts, openMeter } from "../../protocol/traffic/meter.ts";
import { RESERVE_BYTES } from "./metered-connection.ts";
import { createMetering, type Link, type Metering } from "./metering.ts";

export async function openMetering(
  budgets: readonly { readonly kind: string; readonly limit: ByteLimit | undefined }[],
  parts: MeterParts,
): Promise<Metering> {
  const links: Link[] = [];
  for (const { kind, limit } of budgets) {
    const meter = limit && (await openMeter(parts, { name: kind, limit, mostBytes: 2 * RESERVE_BYTES }));
    links.push({ kind, meter });
  }
  return createMetering(links);
}
