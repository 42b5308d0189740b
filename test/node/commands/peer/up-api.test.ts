/** What `hearsay up` prints for others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inviteNote } from "../../../../node/commands/peer/up-api.ts";

const TASK = "ab".repeat(32);
const PEER = "12D3KooWQvxhsRxBmVpAjpEovdJXuY27bGZvs1t89SmiQxrW32jA";
const at = (host: string) => `${host}/tcp/4001/p2p/${PEER}`;

test("an invite leads to addresses that others can reach; where there are none it says so", () => {
  const reached = inviteNote([at("/ip4/127.0.0.1"), at("/ip6/fd00::1")], TASK);
  assert.equal(reached, `invite others with:\n  hearsay join 'hearsay:${TASK}@${at("/ip6/fd00::1")}'\n`);
  const alone = inviteNote([at("/ip4/127.0.0.1"), at("/ip6/::1")], TASK);
  assert.match(alone, /^invite others on this machine with \(hearsay doctor tells what it takes to be reached/);
  assert.ok(alone.endsWith(`'hearsay:${TASK}@${at("/ip4/127.0.0.1")},${at("/ip6/::1")}'\n`));
});
