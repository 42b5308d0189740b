import type { PublishBody } from "../../protocol/log/entry/bodies.ts";

/** What a `publish` of version 2 says beside its body, where nothing but the training itself was released: of a layout with one tensor. */
export const AS_TRAINED: Required<Pick<PublishBody, "mechanism" | "shared" | "mass" | "trained">> = {
  mechanism: "none",
  shared: Uint8Array.of(1),
  mass: 1,
  trained: new Uint8Array(32).fill(0x7e),
};
