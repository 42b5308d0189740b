/** The page over the local interface: who gets what, and under which policy. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Api, type ApiSource, serveApi } from "../../../node/api/api.ts";
import { pageAddressesOf } from "../../../node/api/ask.ts";
import { createTickets } from "../../../node/api/tickets.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";

describe("the page over the local interface", () => {
  let directory: string;
  let api: Api;
  let url: string;
  let key: string;
  let token: string;
  let pages = 0;

  const page = {
    folder: "",
    async open(tell: (event: string, data: unknown) => void) {
      if (pages > 0) throw new HearsayError("ERR_RATE", "too many");
      pages++;
      tell("now", { text: "<b>\n\n</b>" });
      return () => void pages--;
    },
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "hearsay-page-api-"));
    for (const file of ["index.html", "page.js", "page.css", "icon.svg"]) await writeFile(join(directory, file), file);
    const status = async () => ({ cycle: 1 });
    const source = { status, page: { ...page, folder: directory } } as unknown as ApiSource;
    api = await serveApi(directory, source);
    ({ token, url } = JSON.parse(await readFile(join(directory, "api.json"), "utf8")));
    key = new URL(api.pageAddress ?? "").hash.slice(1);
  });
  after(async () => {
    await api?.close();
    await rm(directory, { recursive: true });
  });

  const events = (authorization: string) => fetch(new URL("/page/events", url), { headers: { authorization } });

  it("gives its files to anybody, without a secret in them, under a policy that lets nothing else in", async () => {
    for (const [path, file] of [
      ["/", "index.html"],
      ["/page.js", "page.js"],
      ["/page.css", "page.css"],
      ["/icon.svg", "icon.svg"],
    ] as const) {
      const response = await fetch(new URL(path, url));
      assert.equal(response.status, 200);
      assert.equal(await response.text(), file);
      const policy = response.headers.get("content-security-policy") ?? "";
      assert.match(policy, /^default-src 'none'; script-src 'self';/);
      assert.doesNotMatch(policy, /unsafe|https?:|\*|data:/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.equal(response.headers.get("referrer-policy"), "no-referrer");
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      assert.equal(response.headers.get("access-control-allow-origin"), null);
    }
  });

  it("opens the stream with the key of the page alone, which opens nothing else", async () => {
    for (const given of ["", `Bearer ${token}`, `Bearer ${key}x`, key]) assert.equal((await events(given)).status, 401);
    for (const path of ["/status", "/merges", "/log", "/page/address"])
      assert.equal(
        (await fetch(new URL(path, url), { headers: { authorization: `Bearer ${key}` } })).status,
        401,
        path,
      );
    assert.equal(
      (await fetch(new URL(`/page/events?key=${key}`, url))).status,
      401,
      "not in what logs and histories keep",
    );
  });

  it("tells events as they come, bounded by how many pages are open, and forgets a page that closes", async () => {
    const stop = new AbortController();
    const response = await fetch(new URL("/page/events", url), {
      headers: { authorization: `Bearer ${key}` },
      signal: stop.signal,
    });
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    assert.equal((await reader?.read())?.value, 'event: now\ndata: {"text":"<b>\\n\\n</b>"}\n\n');
    assert.equal((await events(`Bearer ${key}`)).status, 503);
    stop.abort();
    for (let i = 0; pages > 0 && i < 500; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(pages, 0);
  });

  it("answers under the names of this machine only, so that no page of a stranger that was rebound to it reads anything", async () => {
    const { port } = new URL(url);
    const statusFor = (host: string, path: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = { host, authorization: `Bearer ${token}` };
        request({ host: "127.0.0.1", port, path, headers }, (response) => resolve(response.resume().statusCode))
          .on("error", reject)
          .end();
      });
    for (const path of ["/", "/status"]) {
      for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, "localhost:8080", "127.0.0.1"])
        assert.equal(await statusFor(host, path), 200, `${host}${path}`);
      for (const host of [
        "evil.example",
        `evil.example:${port}`,
        "127.0.0.1.evil.example",
        "localhost.evil",
        "127.0.0.1@evil",
      ])
        assert.equal(await statusFor(host, path), 421, `${host}${path}`);
    }
  });

  it("tells its owner where it is, null where there is no page, and undefined where no peer runs", async () => {
    assert.equal((await pageAddressesOf(directory))?.address, api.pageAddress);
    const other = await mkdtemp(join(directory, "other-"));
    assert.equal(await pageAddressesOf(other), undefined);
    const without = await serveApi(other, { status: async () => ({}) } as unknown as ApiSource);
    assert.equal(await pageAddressesOf(other), null);
    assert.equal((await fetch(JSON.parse(await readFile(join(other, "api.json"), "utf8")).url)).status, 401);
    await without.close();
  });

  it("gives the key for a ticket once, so that an address that others saw is worth nothing", async () => {
    const { once = "" } = (await pageAddressesOf(directory)) ?? {};
    const ticket = new URL(once).hash.slice(1);
    assert.notEqual(ticket, key);
    const redeem = () =>
      fetch(new URL("/page/key", url), { method: "POST", headers: { authorization: `Bearer ${ticket}` } });
    assert.equal((await events(`Bearer ${ticket}`)).status, 401, "a ticket opens no stream");
    assert.deepEqual(await (await redeem()).json(), { key });
    assert.equal((await redeem()).status, 401);
  });
});

describe("tickets", () => {
  it("hold for a minute, and the newest 16 of them", () => {
    let nowMs = 0;
    const tickets = createTickets(() => nowMs);
    const first = tickets.issue();
    const others = Array.from({ length: 16 }, () => tickets.issue());
    assert.equal(tickets.redeem(first), false);
    assert.equal(tickets.redeem(others[0] ?? ""), true);
    assert.equal(tickets.redeem(others[0] ?? ""), false);
    nowMs = 60_000;
    assert.equal(tickets.redeem(others[1] ?? ""), false);
    assert.equal(tickets.redeem(""), false);
  });
});
