import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "../../../node/config.ts";
import { METRICS_PATTERN, metricsAddress } from "../../../node/settings/monitor.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";

test("metrics are served at an IP address and a port, and nowhere unless that is said", async () => {
  assert.deepEqual(metricsAddress("127.0.0.1:9464"), { host: "127.0.0.1", port: 9464 });
  assert.deepEqual(metricsAddress("[::1]:0"), { host: "::1", port: 0 });
  assert.deepEqual(metricsAddress("localhost:9464"), { host: "localhost", port: 9464 });
  assert.equal((await loadConfig(undefined, {}, {})).metrics, undefined);
  assert.equal((await loadConfig(undefined, { HEARSAY_METRICS: "0.0.0.0:1" }, {})).metrics, "0.0.0.0:1");
});

test("anything else is refused with what to write instead, and the schema of the file takes the same", async () => {
  for (const text of [
    "9464",
    ":9464",
    "127.0.0.1",
    "127.0.0.1:70000",
    "::1:9464",
    "example.org:80",
    "1.2.3:9",
    "[1.2.3.4]:9",
  ])
    await assert.rejects(loadConfig(undefined, {}, { metrics: text }), (error) => {
      assert.ok(isHearsayError(error, "ERR_CONFIG"), text);
      return /metrics: .*give 127\.0\.0\.1:9464/.test(error.message);
    });
  for (const text of ["127.0.0.1:9464", "[::1]:0", "localhost:9464"]) assert.match(text, new RegExp(METRICS_PATTERN));
  for (const text of ["9464", "::1:9464", "example.org:80"]) assert.doesNotMatch(text, new RegExp(METRICS_PATTERN));
});
