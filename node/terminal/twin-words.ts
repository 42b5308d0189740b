/** What `hearsay status` and the doctor say where two processes run with one key. */

/** @param seenMs when the other one was last seen. */
export function twinText(seenMs: number): string {
  const at = new Date(seenMs).toISOString().slice(0, 19);
  return `another process runs with it, last seen at ${at}Z: each of the two takes the place of the other`;
}
