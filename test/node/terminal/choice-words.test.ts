/** What an owner has told a peer to do, in words. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { choiceTexts, pauseTexts } from "../../../node/terminal/choice-words.ts";

const mains = { stops: "training", because: "on battery (saving.trainOn: mains)" } as const;
const link = { stops: "exchange", because: "the link is metered (saving.pullOn: unmetered)" } as const;

it("each pause says what it stops and why; where there could be one and is none, that is said too", () => {
  assert.deepEqual(pauseTexts({ pauses: [mains, link] }), [
    "no training; what others publish is merged: on battery (saving.trainOn: mains)",
    "nothing is pulled or announced; training goes on: the link is metered (saving.pullOn: unmetered)",
  ]);
  assert.deepEqual(pauseTexts({ pauses: [] }), ["nothing now"]);
  assert.deepEqual(pauseTexts({}), []);
});

it("the page is told of pauses and of whom the peer asks first, where its owner set either", () => {
  const selection = { by: "usefulness", floor: 0.25, perPrefix: 4, preferred: 30, atRandom: 10 };
  const [paused, asked] = choiceTexts({ pauses: [mains], selection });
  assert.match(paused ?? "", /^Paused: no training; .*on battery/);
  assert.match(
    asked ?? "",
    /^Asked for models first: by usefulness: 30 draws since the start; 10 at random \(25(?:\.0)? %/,
  );
  assert.deepEqual(choiceTexts({}), []);
});
