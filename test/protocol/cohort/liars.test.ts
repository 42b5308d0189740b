/** A session with liars: what a coordinator may not ask is refused and convicts it, what a member may not answer changes nothing. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { misdeedIn } from "../../../protocol/cohort/evidence.ts";
import { readAs, type Says, type StatementKind, say } from "../../../protocol/cohort/statements.ts";
import { createTable, type Seated, type Table } from "../../support/cohort-table.ts";

async function codeOf(answer: Promise<unknown>): Promise<string> {
  const error = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return isHearsayError(error) ? error.code : `no refusal: ${error}`;
}

/** A session that stops before a step, so that a liar can go on with it by hand. */
async function stoppedAt(step: StatementKind, members = 4): Promise<Table> {
  const table = createTable({ members });
  const { ask } = table.options;
  Object.assign(table.options, {
    ask: (member: Parameters<typeof ask>[0], sealed: Uint8Array, vectors: number) => {
      const isThere = sealed.length > 0 && requestKind(sealed) === step;
      return isThere ? Promise.resolve(undefined) : ask(member, sealed, vectors);
    },
  });
  await table.run();
  return table;
}

function requestKind(sealed: Uint8Array): StatementKind | undefined {
  for (const kind of ["join", "share", "mask", "survive", "unmask", "vouch"] as const) {
    try {
      return readAs(kind, sealed, nodeCrypto).kind;
    } catch {}
  }
  return undefined;
}

const seat = (table: Table, place: number) => table.seats[place] as Seated;

function coordinatorSays<K extends StatementKind>(table: Table, kind: K, says: Says[K]): Uint8Array {
  return say(kind, table.roster.session, says, seat(table, 0).identity);
}

/** The newest answers of members to a request of this kind. */
function answersTo(table: Table, kind: StatementKind, places: readonly number[]): Uint8Array[] {
  return places.map((place) => {
    const found = seat(table, place).heard.findLast(({ request }) => requestKind(request) === kind);
    return found?.answer as Uint8Array;
  });
}

const set = (...places: readonly number[]) => places.reduce((sum, place) => sum | (1 << place), 0);

function assertConvicts(table: Table, place: number, reason: RegExp): void {
  const [misdeed, ...more] = seat(table, place).misdeeds;
  assert.deepEqual(more, []);
  assert.match(misdeed?.reason ?? "", reason);
  const again = misdeedIn(misdeed?.statements ?? [], nodeCrypto);
  assert.deepEqual(again?.publicKey, seat(table, 0).identity.publicKey, "whoever has the statements comes to the same");
}

describe("a coordinator that lies", () => {
  it("asks for both secrets of a member: refused by all, and its request convicts it", async () => {
    const table = await stoppedAt("unmask");
    const survivors = answersTo(table, "survive", [0, 1, 2, 3]);
    const both = coordinatorSays(table, "unmask", { seeds: set(0, 1, 2, 3), keys: set(1), survivors });
    for (const place of [1, 2, 3]) {
      assert.equal(await codeOf(seat(table, place).member.handle(both)), "ERR_COHORT");
      assertConvicts(table, place, /both secrets/);
    }
  });

  it("asks for the key of a survivor, in a second request: refused, and both convict it", async () => {
    const table = await stoppedAt("vouch");
    const survivors = answersTo(table, "survive", [0, 1, 2]);
    const second = coordinatorSays(table, "unmask", { seeds: set(0, 1, 2), keys: set(3), survivors });
    assert.equal(await codeOf(seat(table, 1).member.handle(second)), "ERR_COHORT");
    const reasons = seat(table, 1).misdeeds.map(({ reason }) => reason);
    assert.ok(
      reasons.some((reason) => /two things of the kind "unmask"/.test(reason)),
      reasons.join(),
    );
  });

  it("asks for secrets of others than it called survivors: refused, and the two requests convict it", async () => {
    const table = await stoppedAt("unmask");
    const survivors = answersTo(table, "survive", [0, 1, 2, 3]);
    const other = coordinatorSays(table, "unmask", { seeds: set(0, 1, 2), keys: set(3), survivors });
    assert.equal(await codeOf(seat(table, 1).member.handle(other)), "ERR_COHORT");
    assertConvicts(table, 1, /other members than it said/);
  });

  it("tells one member of two sets of survivors: the second is refused, and both convict it", async () => {
    const table = await stoppedAt("unmask");
    const masked = answersTo(table, "mask", [0, 1, 2]);
    const second = coordinatorSays(table, "survive", { survivors: set(0, 1, 2), masked });
    assert.equal(await codeOf(seat(table, 1).member.handle(second)), "ERR_COHORT");
    assertConvicts(table, 1, /two things of the kind "survive"/);
  });

  it("tells two halves of five members of two sets of survivors: neither half reveals anything", async () => {
    const table = await stoppedAt("survive", 5);
    const tell = async (survivors: readonly number[], to: readonly number[]) => {
      const masked = answersTo(table, "mask", survivors);
      const request = coordinatorSays(table, "survive", { survivors: set(...survivors), masked });
      return Promise.all(to.map((place) => seat(table, place).member.handle(request)));
    };
    const [first, second] = [
      [0, 1, 2, 3],
      [0, 1, 3, 4],
    ] as const;
    const wordsOfFirst = await tell(first, [1, 2]);
    const wordsOfSecond = await tell(second, [3, 4]);
    for (const [survivors, words, missing, to] of [
      [first, wordsOfFirst, 4, 1],
      [second, wordsOfSecond, 2, 3],
    ] as const) {
      const own = coordinatorSays(table, "survivors", { survivors: set(...survivors) }); // and its own lie for each
      const asked = { seeds: set(...survivors), keys: set(missing), survivors: [own, ...words] };
      const request = coordinatorSays(table, "unmask", asked);
      assert.equal(await codeOf(seat(table, to).member.handle(request)), "ERR_COHORT");
    }
  });

  it("tells two members of two rosters: who sees the boxes of both masks nothing", async () => {
    const table = await stoppedAt("share");
    const tell = (roster: number, place: number) =>
      seat(table, place).member.handle(coordinatorSays(table, "share", { roster }));
    const all = [await tell(set(0, 1, 2, 3), 1), await tell(set(0, 1, 2, 3), 2), await tell(set(0, 1, 3), 3)];
    const own = await tell(set(0, 1, 2, 3), 0);
    const request = coordinatorSays(table, "mask", { shares: [own, ...all] });
    assert.equal(await codeOf(seat(table, 1).member.handle(request)), "ERR_COHORT");
  });

  it("brings a mean that is not that of what was sent: nobody vouches for it", async () => {
    const table = createTable({ members: 4 });
    const { encode } = table.options;
    Object.assign(table.options, { encode: (params: Float32Array) => encode(params.map((value) => -3 * value)) });
    const { outcome } = await table.run();
    assert.equal(outcome.kind === "failed" && outcome.step, "vouch");
    assert.deepEqual([...new Set(table.refusals.map(({ kind, code }) => `${kind} ${code}`))], ["vouch ERR_COHORT"]);
  });

  it("skips a step, or repeats one with the same words: refused, or answered alike", async () => {
    const table = await stoppedAt("mask");
    const { member, heard } = seat(table, 1);
    const early = coordinatorSays(table, "survive", { survivors: set(0, 1, 2), masked: [] });
    assert.equal(await codeOf(member.handle(early)), "ERR_COHORT");
    const { request, answer } = heard.at(-1) as { request: Uint8Array; answer: Uint8Array };
    assert.deepEqual(await member.handle(request), answer);
    assert.deepEqual(seat(table, 1).misdeeds, []);
  });

  it("goes on with fewer members than the task asks for: refused", async () => {
    const table = await stoppedAt("share");
    const two = coordinatorSays(table, "share", { roster: set(0, 1) });
    assert.equal(await codeOf(seat(table, 1).member.handle(two)), "ERR_COHORT");
  });
});

describe("an old session", () => {
  it("that is played again is refused: offers are of one use", async () => {
    const table = createTable({ members: 3 });
    await table.run();
    const { member, heard } = seat(table, 1);
    const [join, share] = heard.map(({ request }) => request) as [Uint8Array, Uint8Array];
    member.leave();
    assert.equal(await codeOf(member.handle(join)), "ERR_REPLAYED");
    assert.equal(await codeOf(member.handle(share)), "ERR_NOT_FOUND");
  });

  it("does not change a new one: its requests are of no session that is known", async () => {
    const [old, now] = [createTable({ members: 3 }), await stoppedAt("share", 3)];
    await old.run();
    for (const { request } of seat(old, 1).heard)
      assert.match(await codeOf(seat(now, 1).member.handle(request)), /^ERR_(NOT_FOUND|REPLAYED)$/);
    assert.deepEqual(seat(now, 1).member.sitting()?.roster.session, now.roster.session);
  });
});

describe("a member that lies", () => {
  const falseParts = (table: Table, place: number) => {
    seat(table, place).lies.unmask = (honest) => {
      const { seeds, keys } = readAs("unmasked", honest, nodeCrypto);
      const wrong = seeds.map(([of, part]) => [of, part.map((byte) => byte ^ 1)] as const);
      return say("unmasked", table.roster.session, { seeds: wrong, keys }, seat(table, place).identity);
    };
  };

  it("sends false parts: the parts of the others do, where there are enough", async () => {
    const table = createTable({ members: 5 });
    falseParts(table, 4);
    const { outcome } = await table.run();
    assert.equal(outcome.kind === "released" && Math.round(1000 * (outcome.mean.params[0] as number)), 3000);
  });

  it("sends false parts where every part is needed: there is no mean, and nobody's vector is shown", async () => {
    const table = createTable({ members: 3 });
    falseParts(table, 2);
    const { outcome } = await table.run();
    assert.equal(outcome.kind === "failed" && outcome.because, "too many parts are missing or false");
  });

  it("sends boxes that do not open: its seed is lost, and with it the session, but no secret of another", async () => {
    const table = createTable({ members: 4 });
    seat(table, 3).lies.share = (honest) => {
      const { roster, commitment, boxes } = readAs("shares", honest, nodeCrypto);
      const broken = boxes.map(([to, box]) => [to, box.map((byte) => byte ^ 1)] as const);
      return say("shares", table.roster.session, { roster, commitment, boxes: broken }, seat(table, 3).identity);
    };
    const { outcome } = await table.run();
    assert.equal(outcome.kind === "failed" && outcome.because, "too many parts are missing or false");
  });

  it("sends a vector of another length, or none of the name that it told: it falls out", async () => {
    for (const wrong of [new Uint8Array(8), undefined]) {
      const table = createTable({ members: 4 });
      const { obtain } = table.options;
      Object.assign(table.options, {
        obtain: async (...args: Parameters<typeof obtain>) =>
          args[0] === table.roster.offers[3] ? wrong : obtain(...args),
      });
      const { outcome } = await table.run();
      assert.equal(outcome.kind === "released" && Math.round(1000 * (outcome.mean.params[0] as number)), 2000);
    }
  });

  it("accuses an honest one: honest statements convict nobody", async () => {
    const table = createTable({ members: 5 });
    seat(table, 4).lies.mask = () => undefined;
    await table.run();
    const said = table.seats.flatMap(({ heard }) =>
      heard.flatMap(({ request, answer }) => [request, answer ?? request]),
    );
    const unique = [...new Map(said.map((sealed) => [Buffer.from(sealed).toString("hex"), sealed])).values()];
    for (const one of unique) {
      assert.equal(misdeedIn([one], nodeCrypto), undefined);
      assert.equal(misdeedIn([one, unique[0] as Uint8Array], nodeCrypto), undefined);
    }
    assert.equal(misdeedIn([Uint8Array.of(1, 2, 3)], nodeCrypto), undefined);
  });
});
