import assert from "node:assert/strict";
import { test } from "node:test";
import fastify from "fastify";
import { listenLazily } from "../../../node/api/lazy-server.ts";

test("routes are made with the first request, once, and are told where the server is", async (t) => {
  const made: string[] = [];
  const server = await listenLazily(async (url) => {
    made.push(url);
    const routes = fastify();
    routes.get("/a", async () => ({ a: 1 }));
    return routes;
  });
  t.after(() => server.close());
  assert.deepEqual(made, []);
  const asked = await Promise.all(["/a", "/a", "/b"].map((path) => fetch(server.url + path)));
  assert.deepEqual(
    asked.map(({ status }) => status),
    [200, 200, 404],
  );
  assert.deepEqual(await asked[0]?.json(), { a: 1 });
  assert.deepEqual(made, [server.url]);
});

test("routes that cannot be made are told to whoever asks, and the server closes all the same", async () => {
  const server = await listenLazily(() => Promise.reject(new Error("no such file")));
  const answer = await fetch(`${server.url}/a`);
  assert.deepEqual([answer.status, await answer.json()], [500, { message: "no such file" }]);
  await server.close();
  await assert.rejects(fetch(server.url));
});

test("an answer that is under way is broken off at the end", async () => {
  const routes = fastify();
  routes.get("/never", () => new Promise(() => {}));
  const server = await listenLazily(async () => routes);
  const asked = assert.rejects(fetch(`${server.url}/never`));
  await fetch(`${server.url}/none`); // the first is at its route by now
  await server.close();
  await asked;
});
