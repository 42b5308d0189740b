/** Vectors of keys, log ids and what is signed in which domain. */
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { concatBytes, toHex, utf8 } from "../../../protocol/base/bytes.ts";
import { logIdOf } from "../../../protocol/log/entry/entry.ts";
import { checkpointFrom, checkpointText, cosign } from "../../../protocol/log/tree/checkpoint.ts";
import { type Domain, signIn } from "../../../protocol/wire/envelope.ts";
import { filled, MINUTE, SEEDS, TASK_ID, WITNESS, WRITER } from "./people.ts";

const GENERATIONS = [0, 1, 29_833_334];

export function keyVectors(): object {
  return SEEDS.map((seed) => {
    const { publicKey, peerId } = identityFromSeed(seed);
    const logIds = GENERATIONS.map((generation) => {
      return { generation, logId: toHex(logIdOf(publicKey, TASK_ID, nodeCrypto, generation)) };
    });
    return { seed: toHex(seed), publicKey: toHex(publicKey), peerId, logIds };
  });
}

/** One of each domain, and the two texts of C2SP that have none. */
export function signatureVectors(): object {
  const message = utf8("message");
  const inDomains = (["announcement", "log-entry", "succession", "lot", "cohort"] as const).map((domain: Domain) => ({
    domain,
    message: toHex(message),
    signed: toHex(concatBytes(utf8(`hearsay/${domain}/v1\0`), message)),
    signature: toHex(signIn(domain, message, WRITER)),
  }));
  return { by: toHex(WRITER.publicKey), inDomains, checkpoint: checkpointVector() };
}

function checkpointVector() {
  const checkpoint = { logId: logIdOf(WRITER.publicKey, TASK_ID, nodeCrypto), size: 3, root: filled(0x33) };
  const text = checkpointText(checkpoint);
  const signature = WRITER.sign(utf8(text));
  const own = checkpointFrom(checkpoint, WRITER.publicKey, signature, nodeCrypto);
  const line = cosign(own, WITNESS, MINUTE / 1000, nodeCrypto);
  return { text, note: toHex(signature), cosigner: WITNESS.peerId, seconds: MINUTE / 1000, line };
}
