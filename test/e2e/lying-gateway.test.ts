/** A place of three real processes and a liar that would speak for them, and one peer outside: its own members find the liar out, and another speaks. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { askRunning } from "../../node/api/ask.ts";
import type { PeerList } from "../../node/api/peer-list.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { createLab, type Lab, type PeerProcess, until } from "../support/process.ts";
import { prepareSite, type Site } from "../support/sites.ts";

const LIAR = fileURLToPath(new URL("../support/process-lying-gateway.ts", import.meta.url));
const SOURCE = {
  ...parse(TEMPLATES.digits.yaml),
  aggregation: { inboxSize: 4, quorum: 1, gateways: true },
};
const NAMES = ["liar", "ada", "bob", "cy", "outside"];
/** What members say of it in their logs. */
const FOUND: Readonly<Record<string, RegExp>> = {
  opposite: /as a gateway: its release is another one than the models of its members make/,
  hidden: /as a gateway: it does not show what its releases are made of/,
};

for (const [lie, words] of Object.entries(FOUND))
  describe(`a gateway that lies: ${lie}`, () => {
    let lab: Lab;
    let sites: Site[];
    const processes = new Map<string, PeerProcess>();
    const of = (name: string) => processes.get(name) as PeerProcess;
    const idOf = (name: string) => (sites.find((one) => one.name === name) as Site).peerId;
    const gatewayOf = async (name: string) => (await of(name).status()).cluster?.gateway;

    before(async () => {
      lab = await createLab(`lying-${lie}`);
      const task = await lab.writeTask("task.yaml", SOURCE);
      sites = [];
      for (const [index, name] of NAMES.entries()) sites.push(await prepareSite(lab, name, 1 + index));
      for (const [index, { name, listen }] of sites.entries()) start(name, index, listen, task);
      await Promise.all(NAMES.map((name) => of(name).address()));
    });
    after(() => lab?.close());

    function start(name: string, index: number, listen: string, task: string): void {
      const isInside = name !== "outside";
      const others = sites.filter((one) => one.name !== "outside" && one.name !== name).map(({ address }) => address);
      const place = isInside ? ["--cluster", others.join(",")] : [];
      const bootstrap = isInside ? [sites.at(-1)?.address ?? ""] : others;
      const share = ["--dataset", "digits", "--share", `${index + 1}/${NAMES.length}`, "--no-page"];
      const isLiar = name === "liar";
      const args = ["--listen", listen, ...place, ...share, ...(isLiar ? [lie] : [])];
      processes.set(
        name,
        lab.startPeer({ name, task, minCycleMs: 1000, bootstrap, args, ...(isLiar && { cli: LIAR }) }),
      );
    }

    it("is elected, and heard outside", async () => {
      await until("the peer outside merges what it released", async () => {
        const { peers } = await askRunning<PeerList>(lab.path("outside"), "/peers");
        return (peers.find(({ peer }) => peer === idOf("liar"))?.gave?.merges ?? 0) > 0 || undefined;
      });
    });

    it("each honest member finds it out, says so in its log, and all have the same other one", async (test) => {
      const startMs = performance.now();
      const next = await until("they agree on another", async () => {
        const [first, ...others] = await Promise.all(["ada", "bob", "cy"].map(gatewayOf));
        const isOther = first !== undefined && first !== idOf("liar") && others.every((one) => one === first);
        return isOther ? first : undefined;
      });
      test.diagnostic(`after ${((performance.now() - startMs) / 1000).toFixed(1)} s all have another`);
      for (const name of ["ada", "bob", "cy"]) {
        assert.match(of(name).stderr(), words, name);
        const { counters, cluster } = await of(name).status();
        assert.ok((counters.refused.ERR_LOG_PROOF ?? 0) > 0);
        assert.deepEqual(
          cluster?.unelected.map(({ peer }) => peer),
          [idOf("liar")],
        );
      }
      await until("the peer outside merges what the other one releases", async () => {
        const { peers } = await askRunning<PeerList>(lab.path("outside"), "/peers");
        return (peers.find(({ peer }) => peer === next)?.gave?.merges ?? 0) > 0 || undefined;
      });
    });
  });
