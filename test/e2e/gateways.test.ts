/** Six real processes on loopback, at two places that their owners name: of each place one peer alone has to do with the other. */
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { askRunning } from "../../node/api/ask.ts";
import type { PeerList } from "../../node/api/peer-list.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { createLab, type Lab, type PeerProcess, until } from "../support/process.ts";
import { prepareSite, type Site } from "../support/sites.ts";

const SOURCE = {
  ...parse(TEMPLATES.digits.yaml),
  aggregation: { rule: "median", inboxSize: 4, quorum: 1, gateways: true },
};
const PLACES: readonly (readonly string[])[] = [
  ["anna", "ben", "cleo"],
  ["dora", "emil", "finn"],
];

interface Running extends Site {
  process?: PeerProcess;
}

describe("two places with a gateway each", () => {
  let lab: Lab;
  let places: Running[][];
  const [A, B] = [0, 1] as const;
  const at = (place: number, index: number) => (places[place] as Running[])[index] as Running;
  const running = (place: number) => (places[place] as Running[]).filter(({ process }) => process !== undefined);

  before(async () => {
    lab = await createLab("gateways");
    const task = await lab.writeTask("task.yaml", SOURCE);
    places = [];
    for (const names of PLACES)
      places.push(await Promise.all(names.map((name) => prepareSite(lab, name, 1 + PLACES.flat().indexOf(name)))));
    for (const [place, sites] of places.entries()) {
      const bootstrap = [at(1 - place, 0).address];
      for (const [index, site] of sites.entries()) {
        const others = sites.filter((one) => one !== site).map(({ address }) => address);
        const own = [
          "--listen",
          site.listen,
          "--cluster",
          others.join(","),
          "--gateway",
          index === 0 ? "prefer" : "auto",
        ];
        const share = ["--dataset", "digits", "--share", `${3 * place + index + 1}/6`, "--no-page"];
        const { name } = site;
        site.process = lab.startPeer({
          name,
          task,
          minCycleMs: 1000,
          bootstrap,
          args: [...own, ...share],
        });
      }
    }
    await Promise.all(places.flat().map(({ process }) => process?.address()));
  });
  after(() => lab?.close());

  it("all of a place come to the same gateway, and nobody else is connected across", async () => {
    for (const place of [A, B]) await agree(place, at(place, 0).peerId);
    for (const place of [A, B])
      for (const site of running(place).slice(1))
        await until(`${site.name} is connected inside alone`, async () => {
          const here = await connected(lab, site);
          return (here.length === 2 && here.every((peer) => isOf(place, peer))) || undefined;
        });
    await until(
      "the gateways meet",
      async () => (await connected(lab, at(A, 0))).includes(at(B, 0).peerId) || undefined,
    );
  });

  // Who looks for a gateway may come to a member, which tells where it is and leaves (LIMITS.pointOnMs): then the count begins again.
  it("models of the other place come to members while they have no connection there", async () => {
    for (const place of [A, B]) {
      let before: number | undefined;
      await until("a member merges what the other gateway released", async () => {
        const { peers } = await peersOf(lab, at(place, 1));
        const far = peers.find(({ peer }) => peer === at(1 - place, 0).peerId);
        const merges = far?.gave?.merges ?? 0;
        before = far !== undefined && far.routes.length > 0 ? undefined : (before ?? merges);
        return (before !== undefined && merges > before) || undefined;
      });
    }
  });

  it("a gateway is killed: another takes over, and meets the other place", async (test) => {
    const startMs = performance.now();
    await at(A, 0).process?.kill();
    delete at(A, 0).process;
    const next = await agree(A);
    test.diagnostic(`another spoke after ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
    const site = running(A).find(({ peerId }) => peerId === next) as Running;
    await until(
      "it meets the other gateway",
      async () => (await connected(lab, site)).includes(at(B, 0).peerId) || undefined,
    );
    test.diagnostic(`it met the other place after ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
    const member = running(A).find(({ peerId }) => peerId !== next) as Running;
    await until(
      "the member is connected to it alone",
      async () => (await connected(lab, member)).join() === next || undefined,
    );
  });

  /** Waits until all that run at a place name the same of them. */
  async function agree(place: number, wanted?: string): Promise<string> {
    const sites = running(place);
    return until(`place ${place} agrees`, async () => {
      const seen = await Promise.all(sites.map(async ({ process }) => (await process?.status())?.cluster));
      const [first] = seen;
      const gateway = first?.gateway;
      const isAgreed = seen.every((one) => one?.members === sites.length && one.gateway === gateway);
      const isThere = wanted === undefined ? sites.some(({ peerId }) => peerId === gateway) : gateway === wanted;
      return isAgreed && isThere ? gateway : undefined;
    });
  }

  function isOf(place: number, peer: string): boolean {
    return (places[place] as Running[]).some(({ peerId }) => peerId === peer);
  }
});

function peersOf(lab: Lab, { name }: Site): Promise<PeerList> {
  return askRunning<PeerList>(lab.path(name), "/peers");
}

async function connected(lab: Lab, site: Site): Promise<string[]> {
  const { peers } = await peersOf(lab, site);
  return peers.filter(({ routes }) => routes.length > 0).map(({ peer }) => peer);
}
