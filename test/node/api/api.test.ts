import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type ApiSource, type StatusReport, serveApi } from "../../../node/api/api.ts";
import { askApi, askRunning, tellApi } from "../../../node/api/ask.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearsay-api-"));
});
after(() => rm(root, { recursive: true }));

const STATUS = { peerId: "12D3KooW", cycle: 7 } as StatusReport;

const SOURCE: ApiSource = {
  status: async () => STATUS,
  merges: async () => [{ cycle: 3, tsMs: 5, rule: "nna", parents: [] }],
  parts: async () => [],
  compared: () => null,
  peers: async () => ({ cycle: 7, merges: 1, peers: [] }),
  log: async (generation) => lines(generation ?? 0),
  generations: async () => [0, 2],
  remote: {
    newest: async () => [],
    generations: async () => [0, 9],
    async log(peer, generation = 9) {
      if (peer !== "a neighbour") throw new HearsayError("ERR_UNREACHABLE", `no connection to ${peer}`);
      return lines(generation);
    },
    heads: (peer, generation) => [`${peer} ${generation}`],
    blob: async (hash, peers) => (peers[1] === "author" ? hash : undefined),
    found: (evidence) => ({ verdict: evidence[0] === 1 ? "accept" : "reject" }),
  },
};

async function* lines(generation: number): AsyncIterable<string> {
  yield `{"generation":${generation}}\n`;
  yield '{"seq":0}\n';
}

/** Serves on a directory of its own, and closes. */
async function serving(
  source: ApiSource,
  body: (directory: string, address: { url: string; token: string }) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(root, "state-"));
  const api = await serveApi(directory, source);
  try {
    await body(directory, JSON.parse(await readFile(join(directory, "api.json"), "utf8")));
  } finally {
    await api.close();
  }
}

describe("the local interface", () => {
  it("answers whoever can read the state directory: status and merges as JSON, the log line by line", () =>
    serving(SOURCE, async (directory) => {
      assert.deepEqual(await (await askApi(directory, "/status"))?.json(), STATUS);
      assert.deepEqual(await (await askApi(directory, "/merges"))?.json(), await SOURCE.merges());
      assert.deepEqual(await (await askApi(directory, "/peers"))?.json(), await SOURCE.peers());
      assert.equal(await (await askApi(directory, "/log"))?.text(), '{"generation":0}\n{"seq":0}\n');
      assert.deepEqual(await (await askApi(directory, "/generations"))?.json(), [0, 2]);
      assert.equal(await (await askApi(directory, "/log?generation=2"))?.text(), '{"generation":2}\n{"seq":0}\n');
    }));

  it("that has no such path, as one of another version, says what to do", () =>
    serving(SOURCE, async (directory) => {
      const asked = askApi(directory, "/of-a-later-version");
      await assert.rejects(asked, { code: "ERR_VERSION", message: /started by another version.*start it again/ });
    }));

  it("fetches other peers' logs and models, and tells by its code why it could not", () =>
    serving(SOURCE, async (directory) => {
      const ask = (path: string) => askApi(directory, path);
      assert.equal(await (await ask("/peers/a%20neighbour/log"))?.text(), '{"generation":9}\n{"seq":0}\n');
      assert.match((await (await ask("/peers/a%20neighbour/log?generation=0"))?.text()) ?? "", /"generation":0/);
      assert.deepEqual(await (await ask("/peers/a%20neighbour/generations"))?.json(), [0, 9]);
      assert.deepEqual(await (await ask("/peers/a%20neighbour/heads?generation=9"))?.json(), ["a neighbour 9"]);
      await assert.rejects(ask("/peers/nobody/log"), { code: "ERR_UNREACHABLE", message: "no connection to nobody" });
      const blob = await (await ask("/blobs/00ff?from=a,author"))?.arrayBuffer();
      assert.deepEqual(new Uint8Array(blob ?? assert.fail()), Uint8Array.of(0, 255));
      for (const path of ["/blobs/00ff", "/blobs/xy?from=a,author"])
        await assert.rejects(ask(path), { code: "ERR_NOT_FOUND" });
    }));

  it("takes evidence from its owner, at most as much as evidence has, and from nobody else", () => {
    const given: number[] = [];
    const found = (evidence: Uint8Array) => {
      given.push(evidence.length);
      return SOURCE.remote.found(evidence);
    };
    return serving({ ...SOURCE, remote: { ...SOURCE.remote, found } }, async (directory, { url, token }) => {
      for (const [first, verdict] of ["reject", "accept"].entries()) {
        const evidence = new Uint8Array(LIMITS.maxEvidenceBytes).fill(first);
        assert.deepEqual(await (await tellApi(directory, "/evidence", evidence))?.json(), { verdict });
      }
      const tooLong = tellApi(directory, "/evidence", new Uint8Array(LIMITS.maxEvidenceBytes + 1));
      await assert.rejects(tooLong, /413/);
      const post = (headers: Record<string, string>) =>
        fetch(new URL("/evidence", url), { method: "POST", headers, body: Uint8Array.of(1) });
      const octets = { "content-type": "application/octet-stream" };
      assert.equal((await post({ ...octets, authorization: `Bearer ${token}x` })).status, 401);
      assert.equal((await post({ "content-type": "text/html", authorization: `Bearer ${token}` })).status, 415);
      assert.deepEqual(given, [LIMITS.maxEvidenceBytes, LIMITS.maxEvidenceBytes]);
    });
  });

  it("listens on 127.0.0.1 alone", () =>
    serving(SOURCE, async (_, { url }) => {
      const { hostname, port } = new URL(url);
      assert.equal(hostname, "127.0.0.1");
      // another address of this machine, which a server on all addresses would answer
      await assert.rejects(fetch(`http://127.0.0.2:${port}/status`, { signal: AbortSignal.timeout(5000) }));
    }));

  it("gives its token to the owner of the directory alone", { skip: process.platform === "win32" }, () =>
    serving(SOURCE, async (directory) => {
      assert.equal((await stat(join(directory, "api.json"))).mode & 0o777, 0o600);
    }),
  );

  it("makes a file of its own, even where one that others can read lies in its place", {
    skip: process.platform === "win32",
  }, async () => {
    const directory = await mkdtemp(join(root, "state-"));
    await writeFile(join(directory, "api.json"), "{}", { mode: 0o666 });
    const api = await serveApi(directory, SOURCE);
    assert.equal((await stat(join(directory, "api.json"))).mode & 0o777, 0o600);
    await api.close();
  });

  it("refuses whoever has no token or another one, on every path, and says nothing else", () =>
    serving(SOURCE, async (_directory, { url, token }) => {
      for (const authorization of [
        undefined,
        "",
        "Bearer ",
        `Bearer ${token}x`,
        `Bearer ${token.slice(1)}a`,
        token,
        `Basic ${token}`,
      ]) {
        for (const path of ["/status", "/merges", "/log", "/nothing"]) {
          const response = await fetch(new URL(path, url), {
            headers: authorization === undefined ? {} : { authorization },
          });
          assert.equal(response.status, 401, `${authorization} ${path}`);
          assert.doesNotMatch(await response.text(), /12D3KooW|seq/);
        }
      }
    }));

  it("has a new token at every start", async () => {
    const tokens = new Set<string>();
    for (let i = 0; i < 3; i++)
      await serving(SOURCE, async (_directory, { token }) => {
        assert.ok(token.length >= 32);
        tokens.add(token);
      });
    assert.equal(tokens.size, 3);
  });

  it("is gone, and its file too, once the peer closes it", async () => {
    let directory = "";
    await serving(SOURCE, async (path) => {
      directory = path;
    });
    assert.deepEqual(await readdir(directory), []);
    assert.equal(await askApi(directory, "/status"), undefined);
  });

  it("that was left behind by a peer that was killed counts as none", async () => {
    const directory = await mkdtemp(join(root, "state-"));
    await writeFile(join(directory, "api.json"), JSON.stringify({ url: "http://127.0.0.1:1", token: "t" }));
    assert.equal(await askApi(directory, "/status"), undefined);
    const there = {
      code: "ERR_STATE",
      message: /no peer answers on .*in a container or on another machine, ask it there; .*hearsay up/,
    };
    await assert.rejects(askRunning(directory, "/status"), there);
    await rm(join(directory, "api.json"));
    const gone = { code: "ERR_STATE", message: /no peer runs on .*start it with hearsay up/ };
    await assert.rejects(askRunning(directory, "/status"), gone);
    await writeFile(join(directory, "api.json"), "not JSON");
    assert.equal(await askApi(directory, "/status"), undefined);
    assert.equal(await askApi(join(root, "nowhere"), "/status"), undefined);
  });

  it("says so where the peer fails, and goes on answering", () =>
    serving({ ...SOURCE, status: () => Promise.reject(new Error("no status")) }, async (directory) => {
      await assert.rejects(askApi(directory, "/status"), /the peer answered 500 to \/status/);
      await assert.rejects(askApi(directory, "/nothing"), { code: "ERR_VERSION" });
      assert.equal((await askApi(directory, "/log"))?.status, 200);
    }));

  it("closes within a second, whoever is still reading", async () => {
    const endless = async function* () {
      for (;;) yield "x".repeat(1000);
    };
    let closingMs = 0;
    await serving({ ...SOURCE, log: async () => endless() }, async (directory) => {
      const reader = (await askApi(directory, "/log"))?.body?.getReader();
      assert.ok(((await reader?.read())?.value?.length ?? 0) > 0);
      closingMs = performance.now();
    });
    assert.ok(performance.now() - closingMs < 1000);
  });

  it("writes one log at a time: fifty exports at once are all answered, in the order of asking", async () => {
    let [open, most] = [0, 0];
    const order: number[] = [];
    const log: ApiSource["log"] = async (generation = 0) => {
      most = Math.max(most, ++open);
      order.push(generation);
      return (async function* () {
        yield* lines(generation);
        await setImmediate();
        open--;
      })();
    };
    await serving({ ...SOURCE, log }, async (directory) => {
      const asked: Promise<string | undefined>[] = [];
      for (let i = 0; i < 50; i++) {
        asked.push(askApi(directory, `/log?generation=${i}`).then((answer) => answer?.text()));
        await setImmediate();
      }
      const texts = await Promise.all(asked);
      assert.deepEqual(
        texts.map((text) => text?.split("\n")[0]),
        texts.map((_, i) => `{"generation":${i}}`),
      );
    });
    assert.equal(most, 1);
    assert.equal(order.length, 50);
  });

  it("says so at once where too many exports wait, and when to ask again; status is answered meanwhile", async () => {
    const { promise: go, resolve } = Promise.withResolvers<void>();
    const log: ApiSource["log"] = async () => {
      await go;
      return lines(0);
    };
    await serving({ ...SOURCE, log }, async (directory, { url, token }) => {
      const ask = () => fetch(new URL("/log", url), { headers: { authorization: `Bearer ${token}` } });
      const accepted = new Set(Array.from({ length: 100 }, ask));
      while (accepted.size > 65) {
        const [answer, one] = await Promise.race([...accepted].map((one) => one.then((it) => [it, one] as const)));
        assert.equal(answer.status, 503);
        assert.equal(answer.headers.get("retry-after"), "60");
        accepted.delete(one);
      }
      await assert.rejects(askApi(directory, "/log"), { code: "ERR_RATE", message: /64 wait: try again in a minute/ });
      assert.equal((await askApi(directory, "/status"))?.status, 200);
      resolve();
      for (const answer of await Promise.all(accepted)) assert.equal(answer.status, 200);
    });
  });

  it("goes on with the next export when an asker goes away, or stops reading", async () => {
    const long = async function* () {
      for (let i = 0; i < 100; i++) yield "x".repeat(100_000);
    };
    await serving({ ...SOURCE, log: async () => long() }, async (directory, { url, token }) => {
      const authorization = { authorization: `Bearer ${token}` };
      const stops = await fetch(new URL("/log", url), { headers: authorization });
      const goesAway = new AbortController();
      const waiting = fetch(new URL("/log", url), { headers: authorization, signal: goesAway.signal });
      await setImmediate();
      goesAway.abort();
      await assert.rejects(waiting);
      assert.equal((await (await askApi(directory, "/log"))?.text())?.length, 10_000_000);
      assert.equal((await stops.text()).length, 10_000_000, "who stopped reads on when it is its turn again");
    });
  });
});
