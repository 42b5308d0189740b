/** Who takes part in an experiment: honest peers and liars, and their identities. */
import type { Rng } from "../../protocol/base/rng.ts";
import type { Crypto, Identity } from "../../protocol/base/seams.ts";
import { peerIdFromPublicKey } from "../../protocol/wire/identity.ts";
import type { Attack } from "../attacks/attack.ts";
import { optionsOf, type Scenario } from "../seams/scenario-type.ts";

/** One identity of the network. */
export interface Member {
  readonly identity: Identity;
  readonly honest: boolean;
  /** Number of its device, whose data and speed it has; several identities of a liar may share one. */
  readonly device: number;
}

/** Who takes part: every device once, and the further identities of liars after them. */
export function castOf(
  { peers, attack: spec }: Scenario,
  attack: Attack | undefined,
  rng: Rng,
  identityOf: (seed: Uint8Array) => Identity,
): Member[] {
  const liars = new Set(
    rng
      .fork("liars")
      .permutation(peers)
      .subarray(0, Math.round((spec?.share ?? 0) * peers)),
  );
  const seeds = rng.fork("identities");
  const next = () => identityOf(Uint8Array.from({ length: 32 }, () => seeds.below(256)));
  const cast = Array.from(
    { length: peers },
    (_, device): Member => ({ identity: next(), honest: !liars.has(device), device }),
  );
  const faces = (spec && attack?.identities?.(optionsOf(spec))) ?? 1;
  for (const device of [...liars].sort((a, b) => a - b))
    for (let face = 1; face < faces; face++) cast.push({ identity: next(), honest: false, device });
  return cast;
}

/** Identities that sign nothing: a public key is a hash, a signature is zeros. */
export function unsignedIdentity({ sha256 }: Pick<Crypto, "sha256">): (seed: Uint8Array) => Identity {
  const signature = new Uint8Array(64);
  return (seed) => {
    const publicKey = sha256(seed);
    return { peerId: peerIdFromPublicKey(publicKey), publicKey, sign: () => signature };
  };
}
