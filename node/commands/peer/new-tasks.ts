/** What `hearsay init` writes into new tasks beyond the task's own template: how they train, where data are unlike or numbers far apart. */
import { type Document, isSeq } from "yaml";
import { TABLE_RATES } from "../../data/templates.ts";
import { comment, write } from "../../task-document.ts";

/** sim/results/skew.md says why. */
const ABSENT_CLASSES = 4;
const OUTER_MOMENTUM = 0.95;
/** Momentum carries on what rounding adds, and a mean of few models takes less of it away: with int8 and three peers 0.9 went wrong under one seed in four. */
const FEW_PEERS_OUTER_MOMENTUM = 0.7;
/** The longer the steps of unlike peers are, the farther apart their models lie, and the farther off a lie may lie unseen. */
const SCHEDULE = { kind: "cosine", steps: 1000, floor: 0.1 };
/** From nearly twice the rate, so that the mean rate over the schedule is the one that the task names. */
const PEAK = 1.9;
/**
 * Of tables of more than two classes: the rate with which the schedule was searched. With that of the template a network was at its floor before it had
 * learned. With two classes that overlap a higher rate only drives peers apart (sim/results/skew.md, "Rates of tables").
 */
const SEARCHED_RATE = 0.3;
const TWO_CLASSES = 2;
/** The first gradients are ten times as long as later ones: at such a rate they would switch the units of a relu network off for good. */
const MAX_GRADIENT_NORM = 1;
/** No schedule beside it: a higher rate at the beginning took sites that differ apart (sim/results/attacks.md, "Regressions"). */
const REGRESSION_OUTER_MOMENTUM = 0.9;
/** With fewer a peer needs an exchange more until it has learned, with more it sends no less. */
const STEPS = 20;
/** The falling rate takes noise away already: a long mean would only lag behind. */
const RUNNING_MEAN = 0.3;
const MOST_LOSS = 0.7;
/** Sites of a regression differ more than those of a classification: with 0.8 honest ones were left out, and a lie at their distance was not. */
const REGRESSION_MOST_LOSS = 1;
/** One row of eight is left out of each mean in place of two. Of four and fewer it would be none: those have the rule's own. */
const MIX = 0.3;
/** Models of a merge from which on these hold. */
const SEVERAL_MODELS = 5;

/** Of a document whose model, output and merge are set. @param shares of the rows that each class has, where that is known. */
export function writeTrainingOptions(document: Document, shares?: readonly number[]): void {
  writeForUnlikeData(document, shares);
  writeForRegression(document);
}

/**
 * What classifications by built-in models have so that peers whose data are unlike do not undo one another's work, and see who sends them nothing of
 * use. Momentum alone would also carry on what liars do: it goes with the look at what they send.
 */
function writeForUnlikeData(document: Document, shares: readonly number[] | undefined): void {
  if (document.getIn(["output", "kind"]) !== "classification" || !hasBuiltInTraining(document)) return;
  write(
    document,
    ["training", "absentClasses"],
    ABSENT_CLASSES,
    " a training does not unlearn classes of which a peer has no row",
  );
  if (shares !== undefined)
    write(
      document,
      ["output", "shares"],
      shares,
      " roughly, of the rows of all peers, in the order of the classes; change them where this table is not typical",
    );
  const several = isOfSeveral(document);
  writeMomentum(document, several ? OUTER_MOMENTUM : FEW_PEERS_OUTER_MOMENTUM);
  write(
    document,
    ["training", "schedule"],
    { ...SCHEDULE, ...(several && { peak: PEAK }) },
    " from this age of the model on the learning rate is a tenth; give more steps where a network has much to learn",
  );
  if (several) writeForSeveral(document);
  write(
    document,
    ["aggregation", "mostLoss"],
    MOST_LOSS,
    " models that know next to nothing about a few own rows are left out",
  );
}

/** What was measured with merges of several models only. */
function writeForSeveral(document: Document): void {
  writeRate(document);
  writeSteps(document);
  writeLongestGradient(document);
  write(
    document,
    ["training", "runningMean"],
    RUNNING_MEAN,
    " of the model for predictions so much stays in a cycle; 0: it is the newest",
  );
  document.setIn(["aggregation", "parameters", "mix"], MIX);
  comment(
    document,
    ["aggregation", "parameters"],
    " f: assumed share of lying peers, 0 to 0.49; mix: how many of these each mean leaves out",
  );
}

/**
 * A row far from all others makes a gradient so long that a model does not come back from its step (sim/results/personal.md); and a few liars that a peer hears by chance
 * take a regression further than a classification, since nothing bounds what it says (sim/results/attacks.md).
 */
function writeForRegression(document: Document): void {
  if (document.getIn(["output", "kind"]) !== "regression" || !hasBuiltInTraining(document)) return;
  if (isOfSeveral(document)) writeForSeveralNumbers(document);
  writeLongestGradient(document);
  write(
    document,
    ["aggregation", "mostLoss"],
    REGRESSION_MOST_LOSS,
    " models that know less than nothing about a few own rows are left out",
  );
}

/** Momentum of fewer models carries on what int8 rounds: with three models a merge and a rate of 0.3 some went out of range. */
function writeForSeveralNumbers(document: Document): void {
  writeSteps(document);
  if (hasRateOf("regression", document)) writeMomentum(document, REGRESSION_OUTER_MOMENTUM);
}

/** Whether nothing else bounds how a task trains, and what may be told of it. */
function hasBuiltInTraining(document: Document): boolean {
  const isForeign = ["layers", "external"].includes(String(document.getIn(["model", "kind"])));
  return !isForeign && !document.has("privacy"); // no budget covers what losses and absent classes tell
}

function isOfSeveral(document: Document): boolean {
  return Number(document.getIn(["aggregation", "inboxSize"])) >= SEVERAL_MODELS;
}

/** Whether the learning rate is still that of a template for tables. */
function hasRateOf(template: keyof typeof TABLE_RATES, document: Document): boolean {
  return document.getIn(["training", "learningRate"]) === TABLE_RATES[template];
}

function writeRate(document: Document): void {
  const classes = document.getIn(["output", "classes"]);
  const hasSeveralClasses = isSeq(classes) && classes.items.length > TWO_CLASSES;
  if (hasRateOf("csv", document) && hasSeveralClasses) document.setIn(["training", "learningRate"], SEARCHED_RATE);
}

function writeMomentum(document: Document, momentum: number): void {
  const remark = " a training starts beyond the model, along its way since the last merge";
  write(document, ["training", "outerMomentum"], momentum, remark);
}

function writeSteps(document: Document): void {
  write(document, ["training", "steps"], STEPS, " of gradient descent between two exchanges");
}

function writeLongestGradient(document: Document): void {
  write(
    document,
    ["training", "maxGradientNorm"],
    MAX_GRADIENT_NORM,
    " longer gradients of a batch are shortened to this",
  );
}
