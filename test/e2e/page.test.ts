/** The page of a peer in a real browser: four processes that learn, one of them a liar, one of them killed, and then the peer itself. */
import assert from "node:assert/strict";
import { appendFile, mkdir } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { type ApiSource, serveApi } from "../../node/api/api.ts";
import { pageAddressesOf } from "../../node/api/ask.ts";
import { CHROMIUM, type Looked, type Looker, startBrowser } from "../support/browser.ts";
import { installBundle } from "../support/installed.ts";
import { type PageNetwork, startPageNetwork } from "../support/page-network.ts";
import { HOSTILE, pageState, type Told } from "../support/page-states.ts";
import { createLab, until } from "../support/process.ts";
import { withoutProgram } from "../support/program.ts";

const NARROW = { width: 360, height: 740 };

describe("the page of a peer", { skip: withoutProgram(CHROMIUM, "chromium") }, () => {
  let network: PageNetwork;
  let browser: Looker;
  let light: Looked;
  let dark: Looked;
  let address: string;

  before(async () => {
    network = await startPageNetwork({ honest: 3, minCycleMs: 300 });
    browser = await startBrowser(CHROMIUM ?? "");
    address = await network.address();
    [light, dark] = [
      await browser.open(address, { colorScheme: "light" }),
      await browser.open(address, { colorScheme: "dark", viewport: NARROW }),
    ];
  });
  after(async () => {
    await browser?.close();
    await network?.close();
  });

  const text = async (page: Page, selector: string) => (await page.locator(selector).textContent()) ?? "";
  /** The row of a peer in a table, cell by cell; undefined where it has none. */
  async function row(page: Page, section: string, peer: string): Promise<string[] | undefined> {
    const found = page.locator(`#${section} tbody tr`, { hasText: peer.slice(-8) });
    return (await found.count()) === 0 ? undefined : found.first().locator("th, td").allInnerTexts();
  }

  it("takes its key out of the address at once, and asks nobody but the peer", async () => {
    await light.page.locator(".badge.live").waitFor();
    assert.equal(new URL(light.page.url()).hash, "");
    const { origin } = new URL(address);
    assert.deepEqual([...new Set(light.asked.map((url) => new URL(url).origin))], [origin]);
    const stored = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])";
    assert.equal(await light.page.evaluate(stored), '[{},{},""]');
  });

  it("has an address for a browser that works once", async () => {
    const { once = "" } = (await pageAddressesOf((network.peers[0] ?? assert.fail()).stateDir)) ?? {};
    for (const badge of [".badge.live", ".badge.wrong-key"]) {
      const { page, close } = await browser.open(once);
      await page.locator(badge).waitFor();
      await close();
    }
  });

  it("is not there where no peer runs, and hearsay open says so", async () => {
    const { code, stderr } = await network.lab.run(["open", "--state", network.lab.path("nobody")]);
    assert.equal(code, 1);
    assert.match(stderr, /no peer runs on .*nobody.*hearsay up.*\[ERR_STATE\]/);
  });

  it("says whether this peer learns, who is here, and how quick each link is", async () => {
    await light.page.locator(".verdict.good").waitFor({ timeout: 60_000 });
    assert.match(await text(light.page, ".verdict"), /^Yes: \d+\.\d % of the held-out rows are right/);
    await light.page.locator("#learning .chart canvas").waitFor();
    assert.match((await light.page.locator("#learning .chart").getAttribute("aria-label")) ?? "", /this peer \d/);
    for (const peer of network.peers.slice(1)) {
      const { peerId } = await peer.status();
      const cells = await until("it is there", () => row(light.page, "who", peerId));
      assert.deepEqual(cells.slice(1, 2), ["here"]);
      assert.match(cells[2] ?? "", /dialled: \/ip4\/127\.0\.0\.1\/tcp\/\d+/);
      await until(
        "a model of it came",
        async () =>
          /\d B\/s/.test((await row(light.page, "who", peerId))?.at(-1) ?? "") ||
          /\dB\/s|kB\/s|MB\/s/.test((await row(light.page, "who", peerId))?.at(-1) ?? "") ||
          undefined,
      );
    }
  });

  it("has a second model that is trained alone", async () => {
    const figure = light.page.locator("#learning .figure", { hasText: "your model alone" }).locator(".value");
    await until("it was measured", async () => /\d %/.test((await figure.textContent()) ?? "") || undefined);
  });

  it("shows that a liar moves the model less than an honest peer, and what was done to its models", async () => {
    const { peerId } = network.liar.peer.status();
    const { peerId: honest } = await (network.peers[1] ?? assert.fail()).status();
    await until("the liar was seen through", async () => {
      const [lie, truth] = [await row(light.page, "moved", peerId), await row(light.page, "moved", honest)];
      if (lie === undefined || truth === undefined) return undefined;
      const [share, honestShare] = [lie[1], truth[1]].map((cell) => Number.parseFloat(cell ?? ""));
      const isTreated = lie.slice(-2).some((cell) => /\d/.test(cell));
      return isTreated && (share ?? 0) < (honestShare ?? 0) ? true : undefined;
    });
    assert.ok((await light.page.locator("#moved .stack rect").count()) > 2);
  });

  it("opens its explanations by keyboard", async () => {
    const help = light.page.locator("#learning .figure .help").first();
    await help.locator("summary").focus();
    await light.page.keyboard.press("Enter");
    await help.locator("p").waitFor({ state: "visible" });
    assert.ok((await text(light.page, "#learning .figure .help p >> nth=0")).length > 20);
    const unexplained = await light.page.locator(".figure:not(:has(.help p))").count();
    assert.equal(unexplained, 0, "each figure has its sentence");
  });

  it("can be read by everybody, as far as axe-core sees: light and dark, wide and narrow, and nothing sticks out", async () => {
    for (const { page, faults } of [light, dark]) {
      await page.locator("#learning .chart canvas").waitFor();
      for (const summary of await page.locator(".more > summary").all()) await summary.click();
      assert.deepEqual(await faults(), []);
    }
    assert.equal(await dark.page.evaluate("document.documentElement.scrollWidth"), NARROW.width);
  });

  it("is dark on white on paper, with whole tables and the colours that its legends name", async () => {
    const { page } = dark;
    const paper = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    assert.notEqual(await paper(), "rgb(255, 255, 255)");
    const width = 720; // of A4, between its margins
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    await page.setViewportSize({ width, height: 1_000 });
    try {
      assert.equal(await paper(), "rgb(255, 255, 255)");
      const colours = "[...document.querySelectorAll('.key')].map((key) => getComputedStyle(key).printColorAdjust)";
      assert.deepEqual([...new Set((await page.evaluate(colours)) as string[])], ["exact"]);
      const right =
        "Math.max(...[...document.querySelectorAll('th, td')].map((cell) => cell.getBoundingClientRect().right))";
      assert.ok(((await page.evaluate(right)) as number) <= width, "no column is cut off");
    } finally {
      await page.emulateMedia({ media: "screen", colorScheme: "dark" });
      await page.setViewportSize(NARROW);
    }
  });

  /** Looks at a page that is told this and nothing else. */
  async function told(state: readonly Told[], look: (looked: Looked) => Promise<void>): Promise<void> {
    const directory = network.lab.path("told");
    await mkdir(directory, { recursive: true });
    const open = async (tell: (event: string, data: unknown) => void) => {
      for (const { event, data } of state) tell(event, data);
      return () => {};
    };
    const api = await serveApi(directory, { page: { folder: network.folder, open } } as unknown as ApiSource);
    const looked = await browser.open(api.pageAddress ?? "", { viewport: NARROW });
    await looked.page.locator("#machine").waitFor();
    await look(looked);
    await looked.close();
    await api.close();
  }

  it("has words where there is nothing yet, and is readable then too", () =>
    told(pageState({ neighbours: 0 }), async ({ page, faults }) => {
      const empties = await page.locator(".empty").allInnerTexts();
      for (const words of [/curve begins/, /Nobody yet/, /No merge yet/, /Nothing so far/, /No model of another peer/])
        assert.ok(
          empties.some((text) => words.test(text)),
          `${words} in ${empties.join(" | ")}`,
        );
      assert.deepEqual(await faults(), []);
    }));

  it("shows what became of rows that go on coming, each figure with its sentence, and nothing of it where none are followed", async () => {
    await told(pageState({ neighbours: 3 }), async ({ page }) =>
      assert.equal(await page.locator("#stream").count(), 0),
    );
    await told(pageState({ neighbours: 3, isFollowing: true }), async ({ page, faults }) => {
      await page.locator("#stream .chart canvas").waitFor();
      const values = await page.locator("#stream .figure .value").allInnerTexts();
      assert.deepEqual(
        values.map((value) => value.replaceAll(/\D/g, "")),
        ["12345", "795", "10000", ...["2", "6", "7", "8", "9"]],
      );
      assert.match(await text(page, "#stream"), /learns 3 times as fast for 1 min/);
      assert.equal(await page.locator("#stream .figure:not(:has(.help p))").count(), 0);
      assert.deepEqual(await faults(), []);
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), NARROW.width);
    });
  });

  it("says what its owner told the peer to do, and nothing of that where nothing was told", async () => {
    await told(pageState({ neighbours: 0 }), async ({ page }) =>
      assert.equal(await page.locator("#choices").count(), 0),
    );
    await told(pageState({ neighbours: 3 }), async ({ page, faults }) => {
      assert.match(await text(page, "#choices"), /Paused: no training; .*on battery/);
      const code = page.locator("#refused td code", { hasText: "ERR_REPLAYED" });
      assert.equal(await code.evaluate((one) => one.getClientRects().length), 1, "a code is on one line");
      assert.deepEqual(await faults(), []);
    });
  });

  it("makes text of whatever another peer says: nothing of it runs, and nothing is loaded", () =>
    told(pageState({ neighbours: 8, foreign: HOSTILE }), async ({ page, asked, complaints }) => {
      for (const summary of await page.locator(".more > summary").all()) await summary.click();
      assert.ok((await page.locator("#refused").textContent())?.includes(HOSTILE));
      assert.match((await page.locator("#who").textContent()) ?? "", /Known, but not heard: .*xyzw.* for 1 min/);
      const called = await page.locator("#who tbody .called").first().textContent();
      assert.equal(called, `the shed ${HOSTILE}\\u202e`, "a name stands beside its id, and turns no line around");
      assert.match((await page.locator("#release").textContent()) ?? "", /v6.*v7 for 10%.*does not hold/s);
      assert.equal(await page.locator("img, iframe, script:not([src='/page.js'])").count(), 0);
      assert.equal(await page.evaluate("String(window.hacked)"), "undefined");
      assert.deepEqual(complaints, []);
      assert.deepEqual(
        asked.filter((url) => !/\/(?:|page\.js|page\.css|icon\.svg|page\/events)$/.test(new URL(url).pathname)),
        [],
      );
    }));

  it("tells of a peer that was killed that it has gone", async () => {
    const victim = network.peers[2] ?? assert.fail();
    const { peerId } = await victim.status();
    await victim.kill();
    await until("it is shown as gone", async () => (await row(light.page, "who", peerId))?.[1] === "gone" || undefined);
  });

  it("refuses a wrong key and none at all, in words, and shows nothing", async () => {
    for (const hash of ["#wrong", ""]) {
      const { page, faults, close } = await browser.open(new URL(`/${hash}`, address).href);
      await page.locator(".notice").waitFor();
      assert.match(await text(page, ".notice"), hash === "" ? /has no key.*hearsay open/ : /wrong.*hearsay open/);
      assert.equal(await page.locator("section").count(), 0);
      assert.deepEqual(await faults(), []);
      await close();
    }
  });

  it("says that its peer has stopped, keeps what it knew, and is readable still", async () => {
    const { code } = await (network.peers[0] ?? assert.fail()).stop();
    assert.equal(code, 0);
    await light.page.locator(".badge.ended").waitFor();
    assert.match(await text(light.page, ".notice"), /has stopped.*hearsay up/);
    assert.ok((await light.page.locator("section").count()) > 5);
    for (const { faults } of [light, dark]) assert.deepEqual(await faults(), []);
    assert.deepEqual([...light.complaints, ...dark.complaints], []);
  });
});

describe("the page of a peer whose rows go on coming", { skip: withoutProgram(CHROMIUM, "chromium") }, () => {
  it("shows the alarm where the world changes, and what the peer does about it", async () => {
    const installed = await installBundle();
    const lab = await createLab("stream-page", { cli: installed.cli });
    const browser = await startBrowser(CHROMIUM ?? "");
    try {
      const rows = (from: number, to: number, sign: 1 | -1) =>
        Array.from({ length: to - from }, (_, i) => `${(from + i) % 7},${sign * (2 * ((from + i) % 7) + 1)}\n`).join(
          "",
        );
      const live = await lab.write("live.csv", `x,y\n${rows(0, 300, 1)}`);
      const task = await lab.writeTask("task.yaml", {
        ...{ name: "follow", input: { shape: [1], features: ["x"], mean: 3, std: 2 }, model: { kind: "softmax" } },
        output: { kind: "regression", targets: ["y"], mean: 7, std: 4 },
      });
      const peer = lab.startPeer({ name: "peer", task, minCycleMs: 100, args: ["--data", live, "--follow"] });
      await peer.waitFor("a model of them", ({ holdout }) => (holdout?.rmse ?? 9) < 0.5);
      await appendFile(live, rows(300, 500, 1));
      const { stream } = await peer.waitFor("more of the same", (status) => status.stream?.prequential.rows === 500);
      const { page } = await browser.open((await lab.run(["open", "--print", "--state", peer.stateDir])).stdout.trim());
      const alarms = page.locator("#stream .figure", { hasText: "alarms of drift" });
      const shown = async () => Number((await alarms.locator(".value").textContent())?.replaceAll(/\D/g, ""));
      const before = stream?.rows.alarms ?? assert.fail();
      await until("what the peer knows", async () => ((await shown()) === before ? true : undefined));
      await appendFile(live, rows(500, 600, -1));
      await until("the alarm", async () => ((await shown()) > before ? true : undefined));
      assert.match((await alarms.textContent()) ?? "", /it learns 3 times as fast for \d+ (?:min|s) more/);
    } finally {
      await browser.close();
      await lab.close();
      await installed.remove();
    }
  });
});

describe("the page of the demo", { skip: withoutProgram(CHROMIUM, "chromium") }, () => {
  it("shows who pulls from whom while it runs, tells who lied at the end, and leaves a report that asks nobody for anything", async () => {
    const installed = await installBundle();
    const lab = await createLab("demo-page", { cli: installed.cli });
    const browser = await startBrowser(CHROMIUM ?? "");
    try {
      const report = lab.path("report.html");
      const demo = lab.begin([
        ...["demo", "--peers", "3", "--attackers", "1", "--seconds", "5"],
        ...["--page", "--report", report],
      ]);
      const address = await until("it has a page", () => /http:\S+/.exec(demo.stderr())?.[0]);
      const { page, complaints, asked, faults } = await browser.open(address);
      await page.locator("#graph .node").nth(2).waitFor({ timeout: 60_000 });
      await page.locator("#graph .edge").first().waitFor({ timeout: 60_000 });
      assert.equal(await page.locator(".liar").count(), 0, "who lies is told at the end");
      assert.deepEqual(await faults(), []);
      assert.equal((await demo.ended).code, 0, demo.stderr());
      await page.locator(".badge.ended").waitFor();
      assert.equal(await page.locator("#graph .node.liar").count(), 1);
      assert.deepEqual([complaints, new Set(asked.map((url) => new URL(url).origin)).size], [[], 1]);

      const file = await browser.open(pathToFileURL(report).href, { colorScheme: "dark" });
      assert.equal(await file.page.locator("#graph .node.liar").count(), 1);
      assert.equal(await file.page.locator(".curve").count(), 3);
      assert.deepEqual(await file.faults(), []);
      assert.deepEqual([file.complaints, file.asked], [[], [pathToFileURL(report).href]]);
    } finally {
      await browser.close();
      await lab.close();
      await installed.remove();
    }
  });
});
