/** The ways to deal rows to peers, under the names that scenarios and configurations share. */
import { type Registry, registryOf } from "../../../base/registry.ts";
import { dirichlet } from "./dirichlet.ts";
import { iid } from "./iid.ts";
import { labelDirichlet } from "./label-dirichlet.ts";
import { owner } from "./owner.ts";
import { ownerDirichlet } from "./owner-dirichlet.ts";
import type { Partition } from "./partition.ts";
import { shards } from "./shards.ts";

/** Every partition, by name. One more is its file and its place in this list. */
export const PARTITIONS: Registry<Partition> = registryOf<Partition>([
  iid,
  dirichlet,
  labelDirichlet,
  shards,
  owner,
  ownerDirichlet,
]);
