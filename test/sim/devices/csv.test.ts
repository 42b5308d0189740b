import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseContacts, parseLinks, parsePaces, parseSessions } from "../../../sim/devices/csv.ts";

describe("traces as CSV", () => {
  it("have their columns in any order, others beside them, and any of three delimiters", () => {
    const expected = [
      [0, 12.5, 3],
      [1e3, 2000, 0],
    ];
    assert.deepEqual(parseSessions("on,off,peer\n0,12.5,3\n1e3,2000,0\n", "a.csv"), expected);
    assert.deepEqual(
      parseSessions("\ufeffPeer; place ;off;on\r\n3;x;12.5;0\r\n\r\n0;y;2000;1000\r\n", "a.csv"),
      expected,
    );
    assert.deepEqual(parseContacts("a\tb\tstart\tend\n1\t2\t3\t4", "a.csv"), [[3, 4, 1, 2]]);
  });

  it("are also links, and how long trainings take from a time on", () => {
    assert.deepEqual(parseLinks("b,a,km\n0,1,3\n1,2,4\n", "e.csv"), [
      [1, 0],
      [2, 1],
    ]);
    assert.deepEqual(parsePaces("peer,at,seconds\n3,10,1.5\n", "t.csv"), [[10, 1.5, 3]]);
    assert.throws(() => parseLinks("a,b\n1,1\n", "e.csv"), /line 2 links peer 1 to itself; name two peers/);
    assert.throws(() => parsePaces("at,seconds,peer\n1,0,1\n", "t.csv"), /line 2 has trainings of 0 s; give more/);
  });

  it("report every fault with its line and a remedy", () => {
    const text = "start,end,a,b\n0,1,0,1\n5,2,0,1\n-1,2,0,1\n\n1,2,0,x\n1,2,7,7\n1,2,0\n";
    assert.throws(() => parseContacts(text, "met.csv"), {
      code: "ERR_DATA",
      message: [
        "met.csv: 5 fault(s):",
        "line 3 ends at 2 s, but starts at 5 s; swap the two times or leave the row out",
        'line 4 has "-1" for start; write seconds, 0 or more',
        'line 6 has "x" for b; write the number of a peer, from 0',
        "line 7 says that peer 7 meets itself; name two peers or leave the row out",
        'line 8 has "" for b; write the number of a peer, from 0',
      ].join("\n  "),
    });
  });

  it("spell twenty faults out and count the rest", () => {
    const text = `on,off,peer\n${"2,1,0\n".repeat(50)}`;
    assert.throws(
      () => parseSessions(text, "a.csv"),
      (error: { message: string; details: { faults: string[]; total: number } }) =>
        error.message.startsWith("a.csv: 50 fault(s), the first 20:") &&
        error.details.faults.length === 20 &&
        error.details.total === 50,
    );
  });

  it("name missing columns, and say where a file is empty or its quotes are broken", () => {
    assert.throws(() => parseSessions("on,until,peer\n", "a.csv"), {
      code: "ERR_DATA",
      message: /no column off in the header line; it must name on, off, peer, and has on, until, peer/,
    });
    assert.throws(() => parseSessions("", "a.csv"), { code: "ERR_DATA", message: /is empty/ });
    assert.throws(() => parseSessions('on,off,peer\n"0,1,2\n', "a.csv"), { code: "ERR_DATA" });
  });

  it("have no rows where only the header is there", () => {
    assert.deepEqual(parseSessions("on,off,peer\n", "a.csv"), []);
  });
});
