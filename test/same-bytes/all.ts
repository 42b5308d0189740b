/** All digests, one a line and in this order: `.ci/same-bytes` runs it on each processor. */
await import("./digests.ts");
await import("./int8.ts");
