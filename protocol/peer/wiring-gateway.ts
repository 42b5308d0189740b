/** The wiring of a member of a cluster (wiring.ts): what it does beside its loop. */
import { createOneByOne } from "../base/one-by-one.ts";
import { createGatewayOut } from "./gateway/out.ts";
import type { Speaking } from "./gateway/speaking.ts";
import { createWatch } from "./gateway/watch.ts";
import type { AnnouncementBook } from "./inbound/announcements.ts";
import { createPublications } from "./loop/way-out.ts";
import type { Parts } from "./wiring.ts";
import type { LoopNeeds } from "./wiring-loop.ts";

/** A peer without a cluster. */
const NO_CLUSTER: Speaking = { overPublisher: (publisher) => publisher, overSaving: (saving) => saving };

export function joinSpeaking(
  parts: Parts,
  { shelf, account, newest }: Pick<LoopNeeds, "shelf" | "account"> & Pick<AnnouncementBook, "newest">,
): Speaking {
  const { gateway, transport, rng, identity, life, reports } = parts;
  if (gateway === undefined) return NO_CLUSTER;
  const { border, cluster } = gateway;
  const noShelf = { offer: () => {} }; // bodies of the cluster are served by `out`, together with those that they are made of
  const publications = createPublications(
    { shelf: noShelf, archive: parts.archive, tell: border.tellOutside, reports },
    { published: (entry, announcement) => account?.published(entry, announcement) },
  );
  const inTurn = createOneByOne();
  const isBanned = account?.isBanned ?? (() => false);
  const out = createGatewayOut(
    { ...parts, cluster, gateway, publications, shelf },
    { signal: life.signal, isBanned, inTurn, aside: life.aside },
  );
  gateway.heardNews = out.news;
  cluster.start();
  const watch =
    account &&
    createWatch(
      { ...parts, transport, cluster, liars: gateway.liars, rng: rng.fork("watch") },
      { self: identity.peerId, signal: life.signal, newest },
    );
  return {
    overPublisher: (publisher) => async (own) => {
      const published = await inTurn(() => publisher(own));
      out.published(published);
      return published;
    },
    overSaving: (saving) => ({
      ...saving,
      async merged(merged, cycle) {
        await inTurn(() => saving.merged(merged, cycle));
        gateway.merged(merged.inputs.map(({ announced }) => announced.author));
        if (watch) life.aside(watch());
      },
    }),
  };
}
