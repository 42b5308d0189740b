import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { MAX_CONNECTIONS, type Monitored, type MonitorServer, serveMonitor } from "../../../node/monitor/serve.ts";

const MONITOR: Monitored = {
  contentType: "text/plain; version=0.0.4; charset=utf-8",
  metrics: async () => "hearsay_cycles_total 7\n",
  health: async () => ({ ready: false, checks: [{ name: "peers", ok: false, reason: "0 neighbours" }] }),
};

const HERE = { host: "127.0.0.1", port: 0 };

/** Serves, and closes. */
async function serving(
  monitor: Monitored,
  body: (url: string, server: MonitorServer) => Promise<void>,
  withinMs?: number,
): Promise<void> {
  const server = await serveMonitor(monitor, HERE, withinMs);
  try {
    await body(`http://${server.address}`, server);
  } finally {
    await server.close();
  }
}

/** Resolves with all that came when the other end has closed the connection. */
function talk(address: string, text: string): Promise<string> {
  const [host, port] = address.split(":");
  return new Promise((resolve) => {
    let got = "";
    const socket = connect(Number(port), host, () => void socket.write(text));
    socket.on("data", (data) => {
      got += data;
    });
    socket.on("error", () => {}).on("close", () => resolve(got));
  });
}

describe("the port of the metrics", () => {
  it("answers scrapes, says that it lives, and tells by 503 and JSON why it is not ready", () =>
    serving(MONITOR, async (url) => {
      const scraped = await fetch(`${url}/metrics`);
      assert.equal(scraped.headers.get("content-type"), MONITOR.contentType);
      assert.equal(await scraped.text(), "hearsay_cycles_total 7\n");
      assert.equal((await fetch(`${url}/healthz`)).status, 200);
      const ready = await fetch(`${url}/readyz?verbose`);
      assert.equal(ready.status, 503);
      assert.deepEqual(await ready.json(), await MONITOR.health());
      assert.equal((await fetch(`${url}/metrics`, { method: "HEAD" })).status, 200);
    }));

  it("says 200 where all checks hold", () =>
    serving({ ...MONITOR, health: async () => ({ ready: true, checks: [] }) }, async (url) => {
      assert.equal((await fetch(`${url}/readyz`)).status, 200);
    }));

  it("has three pages and no other, and takes nothing", () =>
    serving(MONITOR, async (url) => {
      for (const path of ["/", "/status", "/metrics/", "/__proto__", "/constructor", "/../api.json"])
        assert.equal((await fetch(url + path)).status, 404, path);
      assert.equal((await fetch(`${url}/metrics`, { method: "POST", body: "x".repeat(1e6) })).status, 405);
    }));

  it("says by its status that a peer which ends cannot be asked", () =>
    serving({ ...MONITOR, metrics: () => Promise.reject(new Error("the store is closed")) }, async (url) => {
      const answer = await fetch(`${url}/metrics`);
      assert.equal(answer.status, 503);
      assert.doesNotMatch(await answer.text(), /store/);
    }));

  it("that is taken already is said in a sentence, with what to do", () =>
    serving(MONITOR, async (_url, { address }) => {
      const port = Number(address.split(":")[1]);
      await assert.rejects(serveMonitor(MONITOR, { host: "127.0.0.1", port }), {
        code: "ERR_CONFIG",
        message: new RegExp(`127\\.0\\.0\\.1:${port}: another program listens there; give another.*--metrics`),
      });
    }));

  it("ends connections on which no request comes in time, and those that do not take their answer", async () => {
    const never = () => new Promise<string>(() => {});
    await serving(
      { ...MONITOR, metrics: never },
      async (_url, { address }) => {
        for (const begun of ["", "GET /metrics HTTP/1.1\r\nhost:"])
          assert.match(await talk(address, begun), /^(?:HTTP\/1\.1 408 .*\r\nConnection: close\r\n\r\n)?$/);
        assert.equal(await talk(address, "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n"), "");
      },
      50,
    );
  });

  it(`has ${MAX_CONNECTIONS} connections and no more, and room again when one has ended`, () =>
    serving(MONITOR, async (url, { address }) => {
      const [host, port] = address.split(":");
      const open = Array.from({ length: MAX_CONNECTIONS }, () => connect(Number(port), host));
      await Promise.all(open.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
      assert.equal(await talk(address, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"), "");
      for (const socket of open) socket.destroy();
      while ((await talk(address, "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")) === "");
      assert.equal((await fetch(`${url}/healthz`)).status, 200);
    }));
});
