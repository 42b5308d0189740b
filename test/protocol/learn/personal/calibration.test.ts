/** Scale and offset of a site, by sums over its rows: within bounds, so that a site whose rows tell next to nothing of the common model does not turn it about. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { fitLines } from "../../../../protocol/learn/personal/calibration.ts";

it("keeps the scale within 1/4 to 4, and the offset is that of the scale which is kept", () => {
  // a thousand rows; the common model says 0 or 2
  const [rows, output, outputSquare] = [1000, 1000, 2000];
  const fit = (slope: number) =>
    [...fitLines([{ rows, output, outputSquare, target: slope * output, product: slope * outputSquare }])] as const;
  const [steep = 0, above = 0] = fit(100);
  assert.equal(steep, 4);
  assert.ok(Math.abs(above - (100 - 4) * (1000 / 1010)) < 1e-4, `${above}`); // the rows lie 96 above 4 f on average
  assert.equal(fit(-1)[0], 0.25); // a model that is wrong about the sign here is not turned about
  const [usual = 0] = fit(2);
  assert.ok(usual > 1.9 && usual < 2.1, `${usual}`);
});
