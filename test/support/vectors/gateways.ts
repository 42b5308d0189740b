/** Vectors of places and their leaves: beacons of three members, their word for a release and claims that it does not hold for, an election, errands, and frames of a leaf. */
import { nodeCrypto } from "../../../node/crypto.ts";
import { toHex, utf8 } from "../../../protocol/base/bytes.ts";
import type { Identity } from "../../../protocol/base/seams.ts";
import { type Beacon, NONE, openBeacon, type SignedBeacon, sealBeacon } from "../../../protocol/gateway/beacon.ts";
import {
  type ClusterClaim,
  encodeClusterCertificate,
  medianAge,
  readClusterCertificate,
} from "../../../protocol/gateway/certificate.ts";
import { elect } from "../../../protocol/gateway/election.ts";
import { encodeErrand } from "../../../protocol/gateway/errands.ts";
import { type Direction, encodeLeafFrame } from "../../../protocol/leaf/frames.ts";
import { filled, MINUTE, READER, TASK_ID, WITNESS, WRITER } from "./people.ts";

/** The first is the gateway. */
const MEMBERS: readonly Identity[] = [WRITER, READER, WITNESS];
const MINUTE_S = MINUTE / 1000;

function beaconOf(identity: Identity, i: number, changes: Partial<Beacon> = {}): SignedBeacon {
  const model = nodeCrypto.sha256(utf8(`the model of member ${i}`));
  const gateway = WRITER.publicKey;
  const says = { gateway, model, age: 300 + 10 * i, atS: MINUTE_S + i, link: 3 - i, uptime: 4, wish: 1, ...changes };
  return openBeacon(TASK_ID, identity.publicKey, sealBeacon(TASK_ID, says, identity), nodeCrypto);
}

const BEACONS = MEMBERS.map((identity, i) => beaconOf(identity, i));
const CERTIFICATE = encodeClusterCertificate(BEACONS);
const CLAIM: ClusterClaim = {
  ...{ task: TASK_ID, publicKey: WRITER.publicKey, age: medianAge(BEACONS), mass: 3, tsMs: 1000 * MINUTE_S },
};

/** A claim, and whether it is the members' word for it. */
function claimed(why: string, changes: Partial<ClusterClaim> = {}, certificate: Uint8Array = CERTIFICATE): object {
  const claim = { ...CLAIM, ...changes };
  const holds = typeof readClusterCertificate(certificate, claim, nodeCrypto) !== "string";
  const { task, publicKey, age, mass, tsMs } = claim;
  return {
    ...{ why, holds, certificate: toHex(certificate), task: toHex(task), publisher: toHex(publicKey) },
    ...{ age, mass, tsMs },
  };
}

function election(why: string, runners: readonly SignedBeacon[]): object {
  const won = elect(runners, TASK_ID, nodeCrypto);
  const rows = runners.map(({ publicKey, says: { wish, link, uptime } }) => {
    return { publicKey: toHex(publicKey), wish, link, uptime };
  });
  return { why, runners: rows, won: won === undefined ? null : toHex(won.publicKey) };
}

function frame(direction: Direction, numbers: { leaf: number; counter: number; round: number }, values: number[]) {
  const key = filled(0x91);
  const given = { ...numbers, values: Float32Array.from(values) };
  const hex = toHex(encodeLeafFrame(direction, given, { key, task: TASK_ID }, nodeCrypto));
  return { direction, ...numbers, key: toHex(key), values: [...given.values], hex };
}

export function gatewayVectors(): object {
  const other = beaconOf(WITNESS, 2, { gateway: READER.publicKey });
  const early = beaconOf(WITNESS, 2, { atS: MINUTE_S - 301 });
  const sealed = (identity: Identity, changes: Partial<Beacon> = {}) => {
    const { says } = beaconOf(identity, MEMBERS.indexOf(identity), changes);
    const { gateway, model, ...numbers } = says;
    const hex = toHex(sealBeacon(TASK_ID, says, identity));
    return { hex, publicKey: toHex(identity.publicKey), gateway: toHex(gateway), model: toHex(model), ...numbers };
  };
  return {
    beacons: [...MEMBERS.map((one) => sealed(one)), sealed(READER, { gateway: NONE, model: NONE, age: 0, wish: 0 })],
    claims: [
      claimed("three members signed it"),
      claimed("a larger crowd", { mass: 4 }),
      claimed("another age", { age: CLAIM.age + 10 }),
      claimed("another publisher", { publicKey: READER.publicKey }),
      claimed("another task", { task: filled(1) }),
      claimed("six minutes later", { tsMs: CLAIM.tsMs + 360_000 }),
      claimed("two members", { mass: 2 }, encodeClusterCertificate(BEACONS.slice(0, 2))),
      claimed("a member named another gateway", {}, encodeClusterCertificate([...BEACONS.slice(0, 2), other])),
      claimed("a member signed it too early", {}, encodeClusterCertificate([...BEACONS.slice(0, 2), early])),
    ],
    elections: [
      election("the best line", BEACONS),
      election("who prefers to", [BEACONS[0] as SignedBeacon, beaconOf(READER, 1, { wish: 2, link: 0 })]),
      election("the longest up", [beaconOf(READER, 1), beaconOf(WITNESS, 1, { uptime: 5 })]),
      election(
        "by lot",
        MEMBERS.map((one) => beaconOf(one, 1)),
      ),
      election("nobody", [beaconOf(READER, 1, { wish: 0 })]),
    ],
    errand: {
      ...{ peer: READER.peerId, protocol: "/hearsay/log/2.0.0", body: toHex(filled(5, 3)) },
      hex: toHex(encodeErrand({ peer: READER.peerId, protocol: "/hearsay/log/2.0.0", body: filled(5, 3) })),
    },
    leaves: [
      frame("update", { leaf: 258, counter: 7, round: 3 }, [0.5, -3.5, 1, 0, 3.5]),
      frame("model", { leaf: 258, counter: 1, round: 4 }, [1, -0.5, 0.25]),
      frame("update", { leaf: 1, counter: 2 ** 32 - 1, round: 0 }, [0, 0]),
    ],
  };
}
