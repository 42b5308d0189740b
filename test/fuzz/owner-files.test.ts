/**
 * Files that an owner hands to a command, and that others may have written: models of other programs, tasks, configurations, keys, models for
 * predictions, exported logs. Damaged copies of real ones are read, or refused with a code and few words: no stack, nothing that grows.
 *
 * HEARSAY_FUZZ_TIMES=50 tries 50 times as many.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { loadConfig } from "../../node/config.ts";
import { nodeCrypto } from "../../node/crypto.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { encodeModel, readModel } from "../../node/disk/model-file.ts";
import { packageRoot } from "../../node/disk/package-root.ts";
import { readTaskFile } from "../../node/disk/state-dir.ts";
import { selectBackend, useBackend } from "../../node/engines/backend.ts";
import { tensorsOfTopology } from "../../node/engines/tensorflow.ts";
import { inputShapeOf, readTopology } from "../../node/engines/topology.ts";
import { decodeKey, encodeKey, openSealed } from "../../node/keys/key-file.ts";
import { utf8 } from "../../protocol/base/bytes.ts";
import { isHearsayError } from "../../protocol/base/errors.ts";
import type { Rng } from "../../protocol/base/rng.ts";
import { numParams } from "../../protocol/base/task.ts";
import { readCar } from "../../protocol/log/export/car.ts";
import { readJsonl } from "../../protocol/log/export/jsonl.ts";
import { blobTask } from "../support/blobs.ts";
import { learningTask } from "../support/learning.ts";
import { countRead, type Damaging, type FileReader } from "./damaged-files.ts";
import { mutate } from "./mutate.ts";

interface Reader extends FileReader {
  /** Damaged files to try. */
  readonly runs: number;
  /** Values that stand in place of others, beside damaged bytes. */
  readonly tokens?: readonly string[];
  read(path: string): Promise<unknown>;
}

const TIMES = Number(process.env.HEARSAY_FUZZ_TIMES ?? 1);
/** Longer messages are no words for a person. */
const MAX_MESSAGE_CHARACTERS = 8192;
const FIXTURES = join(packageRoot(), "test/fixtures");
const folder = mkdtempSync(join(tmpdir(), "hearsay-fuzz-"));
const TASK = blobTask();
const KEY = await generateKeyPairFromSeed("Ed25519", new Uint8Array(32).fill(7));

const fixture = (name: string): Uint8Array => readFileSync(join(FIXTURES, name));
const MODELS = readdirSync(join(FIXTURES, "models"))
  .filter((name) => /^(?:keras2|tfjs|keras3-(?:dense|conv|graph|lstm|embedding|nested)).*\.json$/.test(name))
  .map((name) => fixture(`models/${name}`));
const JSON_TOKENS = [
  "null",
  "-1",
  "0",
  "1e999",
  "[]",
  "{}",
  '"x"',
  "true",
  "[[[[1]]]]",
  "1e9",
  '"__proto__"',
  '"constructor"',
  "0.5",
];
const YAML_TOKENS = [
  "~",
  "-1",
  "0",
  "1e999",
  "[]",
  "{}",
  "&a [*a]",
  "*a",
  "!!binary x",
  "|",
  ">",
  "'",
  "- -",
  "? x",
  "__proto__",
  "\t",
  "\u2028",
  "1e9",
  "{a: {b: 1}}",
];
const CONFIG = `listen: [/ip4/127.0.0.1/tcp/0]
bootstrap: []
mdns: false
minCycleMs: 500
retention: { count: 10, megabytes: 1.5, inputs: true }
data: { path: a.csv, label: class, drop: [a, 3], missing: "NA,empty", holdout: 0.1, share: 2/8, delimiter: tab }
`;

async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  yield readFileSync(path);
}

async function buildTopology(path: string): Promise<void> {
  const text = readFileSync(path, "utf8");
  const shape = inputShapeOf(readTopology(text));
  await tensorsOfTopology(text, learningTask({ kind: "softmax" }, { input: { shape: shape ?? [5] } }));
}

/** One more reader is one more line. */
const READERS: readonly Reader[] = [
  {
    file: "model.json",
    runs: 400,
    valid: MODELS,
    tokens: JSON_TOKENS,
    read: async (path) => inputShapeOf(readTopology(readFileSync(path, "utf8"))),
  },
  {
    file: "built.json",
    runs: 60,
    valid: MODELS.filter(({ length }) => length < 6000),
    tokens: JSON_TOKENS,
    read: buildTopology,
  },
  {
    file: "task.yaml",
    runs: 300,
    valid: Object.values(TEMPLATES).map(({ yaml }) => utf8(yaml)),
    tokens: YAML_TOKENS,
    read: readTaskFile,
  },
  {
    file: "config.yaml",
    runs: 400,
    valid: [utf8(CONFIG)],
    tokens: YAML_TOKENS,
    read: (path) => loadConfig(path, {}, {}),
  },
  {
    file: "model.safetensors",
    runs: 400,
    valid: [
      encodeModel(new Float32Array(numParams(TASK)).fill(0.5), TASK, "0".repeat(64), {
        peerId: "me",
        cycle: 3,
        age: 30,
      }),
    ],
    read: (path) => readModel(path, TASK),
  },
  { file: "key", runs: 400, valid: [encodeKey(KEY)], read: async (path) => decodeKey(readFileSync(path)) },
  {
    file: "log.jsonl",
    runs: 200,
    valid: ["log-fork-a.jsonl", "log-whole.jsonl", "log-strangers.jsonl"].map(fixture),
    read: (path) => readJsonl(chunksOf(path), nodeCrypto),
  },
  {
    file: "log.car",
    runs: 200,
    valid: ["log-fork-b.car", "log-whole.car"].map(fixture),
    read: (path) => readCar(chunksOf(path), nodeCrypto),
  },
];

/** Bytes, or whole values of a text: others in their place, twice, or left out. */
function damage(rng: Rng, bytes: Uint8Array, tokens: readonly string[] | undefined): Uint8Array {
  if (tokens === undefined || rng.below(3) === 0) return mutate(rng, bytes);
  const parts = new TextDecoder().decode(bytes).split(/([\s,:[\]{}]+)/);
  for (let edits = 1 + rng.below(4); edits > 0; edits--) {
    const at = 2 * rng.below(Math.ceil(parts.length / 2) || 1);
    const kind = rng.below(4);
    if (kind === 0) parts.splice(at, 1 + rng.below(5));
    else if (kind === 1) parts.splice(at, 0, ...parts.slice(at, at + 1 + rng.below(40)));
    else parts[at] = tokens[rng.below(tokens.length)] as string;
  }
  return utf8(parts.join(""));
}

/** True where the file was read. @throws where it was neither read nor refused as it should be. */
async function readsOrRefuses({ read }: Reader, path: string): Promise<boolean> {
  try {
    await read(path);
    return true;
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    assert.doesNotMatch(error.message, /\n {4}at /, "a stack");
    assert.ok(error.message.length <= MAX_MESSAGE_CHARACTERS, `a message of ${error.message.length} characters`);
    return false;
  }
}

describe("what an owner hands to a command is read, or refused with a code, whatever is in it:", () => {
  before(async () => useBackend(await selectBackend("cpu")));
  after(() => rmSync(folder, { recursive: true }));

  for (const reader of READERS) {
    const runs = TIMES * reader.runs;
    it(`${reader.file}, ${reader.runs} files`, async (context) => {
      const damaging: Damaging = {
        folder,
        seed: "owner-files",
        runs,
        damage: (rng, bytes) => damage(rng, bytes, reader.tokens),
        readsOrRefuses: (path) => readsOrRefuses(reader, path),
      };
      const accepted = await countRead(reader, damaging, context);
      assert.ok(accepted < runs, "some damage is noticed");
    });
  }

  it("a sealed key whose header or body is damaged is refused before it is opened, or told to be damaged", async () => {
    const header = "age-encryption.org/v1\n-> scrypt MDEyMzQ1Njc4OWFiY2RlZg 30\nAAAA\n--- AAAA\n";
    for (const text of [
      "",
      header,
      header.replace("30", "99999999"),
      header.replace("scrypt", "X25519"),
      header.slice(0, 30),
    ])
      await assert.rejects(openSealed(utf8(text), "x"), { name: "HearsayError", code: "ERR_STATE" });
  });
});
