import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { toHex } from "../../protocol/bytes.ts";
import { isHearsayError } from "../../protocol/errors.ts";
import { formatInvite, parseInvite } from "../../protocol/invite.ts";

const TASK = new Uint8Array(32).map((_, i) => i);
const ID = toHex(TASK);
const ADDRESS = "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";

function refuses(text: string, why: RegExp): void {
  assert.throws(
    () => parseInvite(text),
    (error) => isHearsayError(error, "ERR_INVITE") && why.test(error.message),
    text,
  );
}

describe("an invite", () => {
  it("is one line that names the task and where to find peers", () => {
    const text = `hearsay:${ID}@${ADDRESS},/dns4/peer.example/tcp/4001`;
    const invite = { task: TASK, addresses: [ADDRESS, "/dns4/peer.example/tcp/4001"] };
    assert.equal(formatInvite(invite), text);
    assert.deepEqual(parseInvite(text), invite);
  });

  it("comes back as it was made, whatever the task and the addresses", () => {
    const part = fc.string({ unit: fc.constantFrom(..."abc0189./:-@") });
    const address = part.map((text) => `/${text}`);
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(bytes32, fc.array(address, { minLength: 1 }), (task, addresses) => {
        assert.deepEqual(parseInvite(formatInvite({ task, addresses })), { task, addresses });
      }),
    );
  });

  it("survives being copied: spaces around it and after commas, a task id in capitals", () => {
    const text = `  hearsay:${ID.toUpperCase()}@${ADDRESS}, /ip4/192.0.2.2/tcp/1 \n`;
    assert.deepEqual(parseInvite(text), { task: TASK, addresses: [ADDRESS, "/ip4/192.0.2.2/tcp/1"] });
  });

  it("that is cut or mixed up is refused, and told why", () => {
    for (const text of ["", "hearsay", ID, `hearsay:${ID}`, `${ID}@${ADDRESS}`, `http:${ID}@${ADDRESS}`])
      refuses(text, /it has the form hearsay:<task id>@<address>,<address>/);
    refuses(`hearsay:${ID.slice(1)}@${ADDRESS}`, /is not 64 hexadecimal digits/);
    refuses(`hearsay:${ID}00@${ADDRESS}`, /is not 64 hexadecimal digits/);
    refuses(`hearsay:${ID.replace("0", "g")}@${ADDRESS}`, /is not 64 hexadecimal digits/);
    refuses(`hearsay:${ID}@`, /"" is no multiaddr/);
    refuses(`hearsay:${ID}@${ADDRESS},`, /"" is no multiaddr/);
    refuses(`hearsay:${ID}@192.0.2.1:4001`, /"192.0.2.1:4001" is no multiaddr, such as \/ip4/);
  });
});
