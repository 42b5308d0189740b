/** Releases over the local interface: what `hearsay tag`, `gate`, `rollout` and `rollback` ask of the running peer. They sign; the peer takes what is signed. */
import type { FastifyInstance } from "fastify";
import { fromHex } from "../../protocol/base/bytes.ts";
import { HearsayError } from "../../protocol/base/errors.ts";

export interface ReleaseSource {
  /** The statement that names the model that predicts here, for this key to sign. */
  prepare(name: string, signer: Uint8Array): Promise<Uint8Array>;
  /** Takes a signed statement. */
  take(sealed: Uint8Array): Promise<void>;
  /** Takes an order for a later ring, to be said so long after the one before has come to stand. */
  later(sealed: Uint8Array, everyMs: number): Promise<void>;
}

/** @param octets content type of bytes. @param releases undefined where the task has no release keys. */
export function addReleaseRoutes(server: FastifyInstance, octets: string, releases: ReleaseSource | undefined): void {
  const required = (): ReleaseSource => {
    if (releases !== undefined) return releases;
    throw new HearsayError("ERR_CONFIG", "the task has no release keys: see releases in the task file");
  };
  server.post<{ Querystring: { name?: string; signer?: string } }>("/releases/prepare", async ({ query }, reply) => {
    const signer = fromHex(query.signer ?? "");
    if (signer?.length !== 32) throw new HearsayError("ERR_CONFIG", "signer: give 32 bytes in hexadecimal");
    const payload = await required().prepare(query.name ?? "", signer);
    return reply.type(octets).send(Buffer.from(payload));
  });
  server.post<{ Body: Buffer }>("/releases", async ({ body }) => {
    await required().take(Uint8Array.from(body));
    return {};
  });
  server.post<{ Body: Buffer; Querystring: { every?: string } }>("/releases/later", async ({ body, query }) => {
    const everyMs = Number(query.every);
    if (!Number.isSafeInteger(everyMs) || everyMs < 0) throw new HearsayError("ERR_CONFIG", "every: give milliseconds");
    await required().later(Uint8Array.from(body), everyMs);
    return {};
  });
}
