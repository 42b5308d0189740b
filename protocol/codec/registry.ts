/** The encodings of a parameter vector for the wire, under the names that task, CLI and log share. */
import type { Codec } from "./codec.ts";
import { f32 } from "./f32.ts";

export const CODECS: ReadonlyMap<string, Codec> = new Map([f32].map((codec) => [codec.name, codec]));
