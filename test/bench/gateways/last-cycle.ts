/** When a bench of gateways ends. */

/**
 * The cycle of the last look: `cycles`, or later where the first look came late, since gateways were found late. Between the two looks there is always half of `cycles`, so that bytes
 * a cycle are a number.
 * @param begun cycle of the first look.
 */
export function lastCycle(cycles: number, begun: number): number {
  return Math.max(cycles, begun + cycles / 2);
}
