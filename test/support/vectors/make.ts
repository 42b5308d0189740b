/**
 * Makes test/vectors/protocol.json: what a second implementation of protocol/README.md can be held against.
 *
 *     node test/support/vectors/make.ts
 *
 * `test/vectors.test.ts` holds the file against this code, and has test/verify_vectors.py, which was written from the pages alone, read it.
 */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { briefVectors } from "./briefs.ts";
import { codecVectors } from "./codecs.ts";
import { cohortVectors } from "./cohorts.ts";
import { evidenceVectors } from "./evidence.ts";
import { gatewayVectors } from "./gateways.ts";
import { growthVectors } from "./growth.ts";
import { keyVectors, signatureVectors } from "./identity.ts";
import { linkVectors } from "./links.ts";
import { logVectors } from "./log.ts";
import { mergeVectors } from "./merges.ts";
import { announcementVector, messageVectors } from "./messages.ts";
import { refusalVectors } from "./refusals.ts";
import { stalenessVectors } from "./staleness.ts";
import { rngVectors, taskVectors } from "./task.ts";
import { verticalVectors } from "./vertical.ts";

export const PROTOCOL_VECTORS: URL = new URL("../../vectors/protocol.json", import.meta.url);

export async function protocolVectors(): Promise<string> {
  const vectors = {
    provenance: "test/support/vectors/make.ts; keys are those of the seeds 32 x 01 .. 04; bytes are hexadecimal",
    keys: keyVectors(),
    signatures: signatureVectors(),
    rng: rngVectors(),
    task: taskVectors(),
    announcement: announcementVector(),
    messages: [...messageVectors(), ...verticalVectors()],
    growth: await growthVectors(),
    briefs: await briefVectors(),
    links: linkVectors(),
    evidence: evidenceVectors(),
    codecs: codecVectors(),
    staleness: stalenessVectors(),
    merges: await mergeVectors(),
    refusals: refusalVectors(),
    log: await logVectors(),
    cohorts: cohortVectors(),
    gateways: gatewayVectors(),
  };
  return `${JSON.stringify(vectors, null, 1)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(PROTOCOL_VECTORS, await protocolVectors());
