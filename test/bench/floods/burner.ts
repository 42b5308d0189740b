/** Burns a share of a core, as an attack does, and says nothing to anybody: `node burner.ts <share>`. */
const SLICE_MS = 20;
const share = Number(process.argv[2]);
process.on("disconnect", () => process.exit());
setInterval(() => {
  const endMs = performance.now() + share * SLICE_MS;
  while (performance.now() < endMs);
}, SLICE_MS);
