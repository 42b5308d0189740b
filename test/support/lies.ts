/** What a gateway may do to those outside while it learns honestly inside: each a name, for `process-lying-gateway.ts`. */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Aggregator } from "../../protocol/base/learning-seams.ts";
import type { Transport } from "../../protocol/base/seams.ts";
import { decodeLogRequest, LOG_PROTOCOL } from "../../protocol/wire/log-messages.ts";

export interface Lie {
  readonly wrapAggregator: (aggregator: Aggregator) => Aggregator;
  readonly wrapTransport?: (transport: Transport) => Transport;
}

/** Of a release: -3 times the median of its members, as `false-release` of sim/attacks. */
const OPPOSITE = -3;
/** Of a release that looks like that of another place, and drifts away from it. */
const DRIFT = 1.1;

export const LIES: Readonly<Record<string, Lie>> = {
  opposite: { wrapAggregator: releases(OPPOSITE) },
  drift: { wrapAggregator: releases(DRIFT) },
  hidden: { wrapAggregator: releases(OPPOSITE), wrapTransport: hidesItsLog },
};

/** So many times what its members have. Its own merges are by another rule than that of releases, so they stay honest. */
function releases(factor: number): Lie["wrapAggregator"] {
  return (honest) => ({
    async aggregate(rule, parameters, input) {
      const output = await honest.aggregate(rule, parameters, input);
      return rule === "median" ? { ...output, params: output.params.map((value) => factor * value) } : output;
    },
  });
}

/** Nobody gets entries of it, which are what an honest member looks at. Proofs it gives: without them nobody would take its models. */
function hidesItsLog(transport: Transport): Transport {
  return {
    ...transport,
    onRequest: (protocol, handler) =>
      transport.onRequest(protocol, (from, body) => {
        if (protocol === LOG_PROTOCOL && decodeLogRequest(body).what === "entries")
          throw new HearsayError("ERR_NOT_FOUND", "no entries here");
        return handler(from, body);
      }),
  };
}
