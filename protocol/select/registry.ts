/** The policies of drawing, by the name that settings and scenarios use. */
import { type Registry, registryOf } from "../base/registry.ts";
import { affinity } from "./affinity.ts";
import { freshness } from "./freshness.ts";
import { link } from "./link.ts";
import { random } from "./random.ts";
import type { Selector } from "./selector.ts";
import { usefulness } from "./usefulness.ts";

/** Every selector, by name. One more is its file and its place in this list. */
export const SELECTORS: Registry<Selector> = registryOf([random, usefulness, affinity, link, freshness]);
