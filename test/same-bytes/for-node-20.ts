/**
 * `node test/same-bytes/for-node-20.ts FILE`: `all.ts` as one file that Node 20 runs, which has the packages of npm in it. Node for 32-bit ARM is in the registry
 * up to 20.11, which reads no TypeScript and lacks what `stand-ins.ts` and `crypto-of-node-20.ts` have.
 */
import { build } from "esbuild";
import { EXTERNAL } from "../../node/build.ts";

const [file = ""] = process.argv.slice(2);
const require = 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);';
await build({
  absWorkingDir: `${import.meta.dirname}/../..`,
  entryPoints: ["test/same-bytes/all.ts"],
  inject: ["test/same-bytes/stand-ins.ts"],
  outfile: file,
  alias: { "node:crypto": "./test/same-bytes/crypto-of-node-20.ts" },
  external: [...EXTERNAL],
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  banner: { js: require },
  logLevel: "warning",
});
