/** Frames of leaves over the local interface: the program that has the radio brings them. */
import type { FastifyInstance } from "fastify";
import { HearsayError } from "../../protocol/base/errors.ts";

/** Takes a frame; resolves to the one that is to be sent back. @throws HearsayError as `Leaves.receive`. */
export type TakesFrame = (frame: Uint8Array, spreadingFactor?: number) => Promise<Uint8Array | undefined>;

/** `spreadingFactor`: at which the leaf listens, where the radio knows it. */
interface Asked {
  readonly Body: Buffer;
  readonly Querystring: { readonly spreadingFactor?: string };
}

/** @throws HearsayError ERR_CONFIG where it is none. */
function spreadingFactorIn({ spreadingFactor: given }: Asked["Querystring"]): number | undefined {
  if (given === undefined) return undefined;
  if (!/^([789]|1[012])$/.test(given))
    throw new HearsayError("ERR_CONFIG", `spreadingFactor is ${JSON.stringify(given)}: give 7 to 12`);
  return Number(given);
}

/** @param octets content type of bytes. @param take undefined where no leaf is enrolled. */
export function addLeafRoute(server: FastifyInstance, octets: string, take: TakesFrame | undefined): void {
  server.post<Asked>("/leaves", async ({ body, query }, reply) => {
    if (take === undefined)
      throw new HearsayError(
        "ERR_CONFIG",
        "no leaf was enrolled when this peer started: hearsay leaf enrol, then start it anew",
      );
    const answer = await take(Uint8Array.from(body), spreadingFactorIn(query));
    return reply.type(octets).send(Buffer.from(answer ?? []));
  });
}
