import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { toHex } from "../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { formatInvite, parseInvite } from "../../../protocol/task/invite.ts";

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
    const text = `hearsay:${ID}@/dns4/peer.example/tcp/4001,${ADDRESS}`;
    const invite = { task: TASK, addresses: ["/dns4/peer.example/tcp/4001", ADDRESS] };
    assert.equal(formatInvite(invite), text);
    assert.deepEqual(parseInvite(text), invite);
  });

  it("of another kind is refused by the name of its own id", () => {
    assert.throws(() => parseInvite(`hearsay:abc@${ADDRESS}`, "session id"), /the session id "abc" is not 64/);
  });

  it("comes back as it was made, whatever the task and the addresses", () => {
    const part = fc.string({ unit: fc.constantFrom(..."abc0189./:-@") });
    const address = part.filter((text) => !/[.:]$/.test(text)).map((text) => `/${text}`); // no address ends in a stop
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(bytes32, fc.array(address, { minLength: 1 }), (task, addresses) => {
        assert.deepEqual(parseInvite(formatInvite({ task, addresses })), { task, addresses });
      }),
    );
  });

  it("survives being copied: spaces around it and after commas, a task id in capitals", () => {
    const text = `  hearsay:${ID.toUpperCase()}@/ip4/192.0.2.2/tcp/1, ${ADDRESS} \n`;
    assert.deepEqual(parseInvite(text), { task: TASK, addresses: ["/ip4/192.0.2.2/tcp/1", ADDRESS] });
  });

  const whole = `hearsay:${ID}@${ADDRESS},${ADDRESS}`;
  const broken: readonly [what: string, text: string][] = [
    ["over lines", `hearsay:${ID.slice(0, 30)}\n${ID.slice(30)}@${ADDRESS},\r\n${ADDRESS}\n`],
    ["and indented", `  hearsay:${ID}@\n\t${ADDRESS.slice(0, 20)}\n\t${ADDRESS.slice(20)},${ADDRESS}`],
    ["by a mail that was answered", `> hearsay:${ID}@${ADDRESS.slice(0, 9)}\n> ${ADDRESS.slice(9)},${ADDRESS}`],
    ["by quoted-printable", `hearsay:${ID}@${ADDRESS.slice(0, 9)}=\r\n${ADDRESS.slice(9)},${ADDRESS}`],
    ["by invisible characters", `\ufeffhearsay:${ID}@\u200b${ADDRESS},\u00a0${ADDRESS}\u00ad`],
  ];
  for (const [what, text] of broken)
    it(`broken ${what} is put together`, () => assert.deepEqual(parseInvite(text), parseInvite(whole)));
  for (const [open, close] of [
    "''",
    '""',
    "``",
    "\u201c\u201d",
    "\u201e\u201c",
    "\u00ab\u00bb",
    "<>",
    ["\u2018", "\u2019"],
  ])
    it(`is taken out of ${open}${close}`, () =>
      assert.deepEqual(parseInvite(`${open}${whole}${close}`), parseInvite(whole)));
  it("is taken out of the sentence or mark-up around it, and of a command with its options", () => {
    const text = `hearsay:${ID}@${ADDRESS}`;
    const wanted = { task: TASK, addresses: [ADDRESS] };
    const around = [
      "Join us: @.",
      "(@)",
      "**@**",
      "- @;",
      "npx hearsay join '@' --yes",
      "hearsay join @ --state here --yes",
      "| @ |",
      "Bob wrote:\n> @!",
    ];
    for (const whole of around) assert.deepEqual(parseInvite(whole.replace("@", text)), wanted, whole);
    assert.deepEqual(parseInvite(text.replace(/.{30}/g, "$&\n| ")), wanted, "in a cell of several lines");
  });

  it("is taken out of the command that was copied with it", () => {
    assert.deepEqual(parseInvite(`  hearsay join '${whole}'`), parseInvite(whole));
  });

  it("that was cut short says so, wherever that shows", () => {
    const address = whole.indexOf("@") + 1;
    for (let length = "hearsay:".length; length < whole.length; length++) {
      if (length === whole.indexOf(",")) continue; // a whole invite with one address
      if (length > address && length < whole.indexOf("/p2p/") + "/p2p/".length) continue; // an address may have no peer id
      assert.throws(() => parseInvite(whole.slice(0, length)), { code: "ERR_INVITE" }, whole.slice(0, length));
      if (length !== "hearsay:".length) refuses(whole.slice(0, length), /cut short.*copy it whole/);
    }
  });

  it("that is mixed up is refused, and told why", () => {
    for (const text of ["", "hearsay", ID, `${ID}@${ADDRESS}`, `http:${ID}@${ADDRESS}`])
      refuses(text, /it has the form hearsay:<task id>@<address>,<address>/);
    refuses(`hearsay:${ID.slice(1)}@${ADDRESS}`, /is not 64 hexadecimal digits but 63/);
    refuses(`hearsay:${ID}00@${ADDRESS}`, /is not 64 hexadecimal digits/);
    refuses(`hearsay:${ID.replace("0", "g")}@${ADDRESS}`, /is not 64 hexadecimal digits/);
    refuses(`hearsay:${ID}@`, /cut short/);
    refuses(`hearsay:${ID}@${ADDRESS},`, /cut short/);
    refuses(`hearsay:${ID}@192.0.2.1:4001`, /"192.0.2.1:4001" is no multiaddr, such as \/ip4/);
    refuses(`hearsay:${ID}@${ADDRESS.replace("KooWE", "KooWl")}`, /no whole peer id/);
  });
});
