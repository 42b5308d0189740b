/** Vectors of evidence: each kind of statement against each other, an end with and without a next key, and what proves nothing; the `held` sum. */
import { nodeCrypto } from "../../../node/crypto.ts";
import { toHex, utf8 } from "../../../protocol/base/bytes.ts";
import { createEntry } from "../../../protocol/log/entry/entry.ts";
import { encodeEvidence, type SignedStatement } from "../../../protocol/log/entry/evidence.ts";
import { NO_SUCCESSOR, succeededBy } from "../../../protocol/log/entry/succession.ts";
import { signCheckpoint } from "../../../protocol/log/tree/checkpoint.ts";
import { encodeAnnouncement } from "../../../protocol/wire/announcement.ts";
import { ANNOUNCEMENT, draft, LOG_ID, PUBLISHED } from "./messages.ts";
import { filled, MINUTE, SUCCESSOR, TASK_ID, WRITER } from "./people.ts";

const ACCUSED = { publicKey: WRITER.publicKey, task: TASK_ID, generation: 0 };

function statement(what: SignedStatement["what"], bytes: Uint8Array): SignedStatement {
  return { what, bytes };
}

function fork(name: string, proves: boolean, ...statements: SignedStatement[]) {
  const evidence = toHex(encodeEvidence({ ...ACCUSED, kind: "fork", statements }));
  return { name, proves: proves ? "fork" : null, evidence };
}

function end(name: string, body: Parameters<typeof createEntry>[0]["body"]) {
  const place = { logId: LOG_ID, seq: 3, prev: PUBLISHED.id, tsMs: MINUTE };
  const entry = createEntry({ ...place, type: "end", body } as Parameters<typeof createEntry>[0], WRITER, nodeCrypto);
  const evidence = encodeEvidence({ ...ACCUSED, kind: "end", statements: [statement("entry", entry.signed)] });
  return { name, proves: "end", evidence: toHex(evidence) };
}

export function evidenceVectors(): object {
  const other = statement("announcement", encodeAnnouncement(draft({ model: filled(0x55) }), WRITER));
  const first = statement("announcement", ANNOUNCEMENT);
  const entry = statement("entry", PUBLISHED.signed);
  const rewritten = createEntry({ ...PUBLISHED, tsMs: MINUTE + 60_000 }, WRITER, nodeCrypto);
  const next = createEntry(
    { logId: LOG_ID, seq: 3, prev: filled(0x56), tsMs: MINUTE, type: "resume", body: { params: filled(1), age: 1 } },
    WRITER,
    nodeCrypto,
  );
  const note = (root: number) =>
    statement("checkpoint", utf8(signCheckpoint({ logId: LOG_ID, size: 3, root: filled(root) }, WRITER, nodeCrypto)));
  return {
    cases: [
      fork("two announcements of one place, two models", true, first, other),
      fork("two entries in one place", true, entry, statement("entry", rewritten.signed)),
      fork("an entry, and the next one that names another before it", true, entry, statement("entry", next.signed)),
      fork("an announcement, and another entry in its place", true, first, statement("entry", rewritten.signed)),
      fork("two checkpoints of one size", true, note(0x33), note(0x34)),
      fork("an announcement, and a checkpoint of its size with another root", true, first, note(0x34)),
      fork("an announcement, and the entry that it announces", false, first, entry),
      fork("an announcement, and the checkpoint that it is about", false, first, note(0x33)),
      end("the key was revoked", NO_SUCCESSOR),
      end("the key was replaced", succeededBy(SUCCESSOR, { logId: LOG_ID, publicKey: WRITER.publicKey })),
    ],
    held: [
      [],
      [["fork", WRITER.peerId]],
      [
        ["fork", WRITER.peerId],
        ["end", SUCCESSOR.peerId],
      ],
    ].map((known) => ({
      known,
      sum: toHex(
        nodeCrypto.sha256(
          utf8(
            known
              .map(([kind, peer]) => `${kind} ${peer}\n`)
              .sort()
              .join(""),
          ),
        ),
      ),
    })),
  };
}
