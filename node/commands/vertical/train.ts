/** `hearsay vertical train`: a run of training, on either side. */
import { toHex } from "../../../protocol/base/bytes.ts";
import { type Block, createBlock, scalingOf, standardise } from "../../../protocol/vertical/block.ts";
import { type Trained, trainAsHolder } from "../../../protocol/vertical/holder.ts";
import { trainAsMember } from "../../../protocol/vertical/member.ts";
import { PROBLEMS } from "../../../protocol/vertical/problem.ts";
import type { SavedModel } from "../../../protocol/vertical/saved.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print, tell } from "../../terminal/terminal.ts";
import { type OpenSession, saveModel } from "../../vertical/state.ts";
import { pick, readVerticalTable, rowsOf, trainedColumns } from "../../vertical/table.ts";
import { figuresOf } from "./figures.ts";
import { inSession, type Running, type SessionOptions } from "./party.ts";

export async function run(options: SessionOptions): Promise<void> {
  await inSession(options, "train", async (running) => {
    const own = await prepare(running);
    const save = (epoch: number) => saveModel(running.opened.path, modelOf(own, epoch));
    if (!running.isHolder) {
      const epochs = await trainAsMember(running.parts, {
        block: own.block,
        save: (epoch) => save(own.before + epoch),
      });
      return tellTrained(options, running.opened, own, { epochs });
    }
    let epochs = own.before;
    const trained = await trainAsHolder(running.parts, {
      block: own.block,
      labels: own.labels,
      save: () => save(++epochs),
      observe({ epoch, objective, length }) {
        if (options.json) printJson({ epoch, objective, step: length });
        else tell(`epoch ${epoch}: loss ${objective.toFixed(6)}, step ${length.toExponential(1)}\n`);
      },
    });
    tellTrained(options, running.opened, own, trained);
  });
}

/** A party's part of the model, with what it takes to save it. */
interface Own {
  readonly block: Block;
  /** Standardised, where they are numbers; empty for parties without labels. */
  readonly labels: Float64Array;
  readonly scaling: Pick<SavedModel, "mean" | "deviation" | "labels">;
  /** Epochs of earlier runs. */
  readonly before: number;
}

async function prepare({ opened, isHolder, parts }: Running): Promise<Own> {
  const { saved, model } = opened;
  const { offer } = saved.session;
  const { table: path, idColumn, columns: features, classes, ids } = saved;
  const column = { column: offer.target, kind: offer.kind, ...(classes.length > 0 && { classes }) };
  const table = await readVerticalTable({ path, idColumn, features, ...(isHolder && { label: column }) });
  const rows = rowsOf(table, ids, path);
  const values = pick(table.columns, rows);
  const scaling = scalingOf(values);
  const columns = trainedColumns(standardise(values, scaling), rows.length, isHolder);
  const [labels = new Float64Array(0)] = isHolder ? pick([table.labels], rows) : [];
  const isNumber = isHolder && offer.kind === "linear";
  const ofLabels = isNumber ? scalingOf([labels]) : undefined;
  const [standardised = labels] = ofLabels === undefined ? [] : standardise([labels], ofLabels);
  const weights = model === undefined ? {} : { weights: Float64Array.from(model.weights) };
  const { ridge } = parts.session.offer;
  return {
    block: createBlock(columns, { ridge, mostCurvature: PROBLEMS[offer.kind].mostCurvature, ...weights }),
    labels: standardised,
    scaling: {
      mean: [...scaling.mean],
      deviation: [...scaling.deviation],
      labels: [ofLabels?.mean[0] ?? 0, ofLabels?.deviation[0] ?? 1],
    },
    before: model?.epochs ?? 0,
  };
}

function modelOf({ block, scaling }: Own, epochs: number): SavedModel {
  return { ...scaling, epochs, weights: [...block.weights] };
}

function tellTrained(
  { json }: SessionOptions,
  { path, saved }: OpenSession,
  { block, labels }: Own,
  trained: { readonly epochs: number } & Partial<Trained>,
): void {
  const { epochs, converged, objective, scores } = trained;
  const figures = scores === undefined ? {} : figuresOf(saved.session.offer.kind, scores, labels);
  const weights = Object.fromEntries(saved.columns.map((name, j) => [name, block.weights[j] as number]));
  const intercept = scores === undefined ? {} : { intercept: block.weights.at(-1) as number };
  const session = toHex(saved.session.id);
  if (json) {
    printJson({ session, epochs, converged, objective, ...figures, weights, ...intercept });
    return;
  }
  const rows: [string, string][] = [
    ["epochs", `${epochs}${converged === false ? ": not settled yet; run it again to go on" : ""}`],
    ...Object.entries(figures).map(([name, value]): [string, string] => [name, value.toFixed(4)]),
    ...Object.entries({ ...weights, ...intercept }).map(([name, value]): [string, string] => [name, value.toFixed(4)]),
    ["kept in", path],
  ];
  print(
    `${facts(rows)}\n\nWeights are of standardised columns, and of yours alone. Next, on all sides: hearsay vertical predict --data new.csv\n`,
  );
}
