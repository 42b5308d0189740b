/**
 * A server on loopback, and who may ask it for what. It answers under the names of this machine only, so that a page of a stranger whose name was made to lead
 * here reads nothing (DNS rebinding); and all but files without a secret it gives for a token only.
 */
import fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";
import { isHearsayError } from "../../protocol/base/errors.ts";
import { holds } from "./tokens.ts";

/** Who may ask for a route: anybody, whoever has the key of the page, or the owner of the state directory alone. */
export type Access = "anybody" | "page" | "owner";

declare module "fastify" {
  interface FastifyContextConfig {
    /** `owner` where left out, also for what is not there. */
    readonly access?: Access;
  }
}

/** No route has a schema, and the compilers of schemas are 2 MB. */
const NO_SCHEMAS = {
  compilersFactory: { buildValidator: () => () => () => true, buildSerializer: () => () => JSON.stringify },
} as unknown as NonNullable<FastifyServerOptions["schemaController"]>;

/** Any port: a tunnel may have another one at its other end. */
const OWN_NAMES = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/;
const MISDIRECTED = 421;
const UNAUTHORIZED = 401;
const UNAVAILABLE = 503;

/** @param tokens of each kind of asker; nobody is the owner where that token is left out. */
export function createServer(tokens: { readonly owner?: string; readonly page: string }): FastifyInstance {
  const server = fastify({ logger: false, forceCloseConnections: true, schemaController: NO_SCHEMAS });
  server.addHook("onRequest", async (request, reply) => {
    if (!OWN_NAMES.test(request.headers.host ?? "")) {
      await reply.code(MISDIRECTED).send({ error: "ask for 127.0.0.1 or localhost" });
      return;
    }
    const { access = "owner" } = request.routeOptions.config;
    if (access === "anybody" || holds(request.headers.authorization, tokens[access])) return;
    const remedy = "send the token of api.json as: Authorization: Bearer <token>";
    await reply.code(UNAUTHORIZED).send({ error: remedy });
  });
  server.setErrorHandler((error: Error, _request, reply) => {
    if (isHearsayError(error, "ERR_RATE")) reply.code(UNAVAILABLE).header("Retry-After", "60");
    return reply.send(error);
  });
  return server;
}
