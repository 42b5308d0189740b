/** Frames of leaves over the local interface: who has the radio brings them. */
import type { FastifyInstance } from "fastify";
import { HearsayError } from "../../protocol/base/errors.ts";

/** Takes a frame; resolves to the one that is to be sent back. @throws HearsayError as `Leaves.receive`. */
export type TakesFrame = (frame: Uint8Array) => Promise<Uint8Array | undefined>;

/** @param octets content type of bytes. @param take undefined where no leaf is enrolled. */
export function addLeafRoute(server: FastifyInstance, octets: string, take: TakesFrame | undefined): void {
  server.post<{ Body: Buffer }>("/leaves", async ({ body }, reply) => {
    if (take === undefined)
      throw new HearsayError(
        "ERR_CONFIG",
        "no leaf was enrolled when this peer started: hearsay leaf enrol, then start it anew",
      );
    const answer = await take(Uint8Array.from(body));
    return reply.type(octets).send(Buffer.from(answer ?? []));
  });
}
