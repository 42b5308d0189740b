/** The list of commands. How each is called stands in the `cli.ts` of its room, which is loaded when it is called. */
import type { Definition } from "./commands/options.ts";

/** Loads the options of a command. */
type Load = () => Promise<Definition>;

interface Listed {
  readonly name: string;
  readonly about: string;
  readonly hidden?: boolean;
}
/** A command. */
export interface Leaf extends Listed {
  readonly load: Load;
}
/** Commands of one subject: `hearsay log show`. */
export interface Group extends Listed {
  readonly commands: readonly Leaf[];
  readonly examples?: string;
}

const peer = () => import("./commands/peer/cli.ts");
const log = () => import("./commands/log/cli.ts");
const key = () => import("./commands/key/cli.ts");
const sim = () => import("./commands/sim/cli.ts");
const vertical = () => import("./commands/vertical/cli.ts");
const policy = () => import("./commands/policy/cli.ts");
const data = () => import("./commands/data/cli.ts");
const service = () => import("./commands/service/cli.ts");
const release = () => import("./commands/release/cli.ts");
const config = () => import("./commands/config/cli.ts");
const privacy = () => import("./commands/privacy/cli.ts");
const trainer = () => import("./commands/trainer/cli.ts");
const leaf = () => import("./commands/leaf/cli.ts");

const LOG: readonly Leaf[] = [
  { name: "show", about: "the entries, newest last", load: async () => (await log()).show },
  {
    name: "verify",
    about:
      "check chain, signatures, tree, checkpoints: of the peer's own log, or of an exported one, without anything else",
    load: async () => (await log()).verify,
  },
  {
    name: "repair",
    about:
      "after damage to the disk: says what is left of the log, and lets the peer go on without contradicting itself",
    load: async () => (await log()).repair,
  },
  {
    name: "export",
    about: "the whole log in one file, verifiable without this machine",
    load: async () => (await log()).exportLog,
  },
  {
    name: "audit",
    about: "do again what a log says was done: what is proved, what is missing, what is false",
    load: async () => (await log()).audit,
  },
];

const KEY: readonly Leaf[] = [
  {
    name: "new",
    about: "make a key that is no peer's yet, e.g. one that signs releases",
    load: async () => (await key()).create,
  },
  {
    name: "show",
    about: "peer id, public key, and whether there is a passphrase",
    load: async () => (await key()).show,
  },
  {
    name: "protect",
    about: "put the key file under a passphrase, or under another one",
    load: async () => (await key()).protect,
  },
  { name: "unprotect", about: "take the passphrase off the key file", load: async () => (await key()).unprotect },
  {
    name: "backup",
    about: "write the key to a file under a passphrase, and how far its log had come; also while the peer runs",
    load: async () => (await key()).backup,
  },
  {
    name: "restore",
    about: "take the key of a backup into a state directory that has none; its log begins a new generation",
    load: async () => (await key()).restore,
  },
  {
    name: "rotate",
    about: "replace the key by a new one, which goes on with model and acquaintances; both sign it in the old log",
    load: async () => (await key()).rotate,
  },
  {
    name: "revoke",
    about: "end the key for ever, and tell others: when it was stolen, or to leave",
    load: async () => (await key()).revoke,
  },
];

const DATA: readonly Leaf[] = [
  {
    name: "check",
    about: "data against the task: units, missing values, classes, constant columns, copies, too few rows",
    load: async () => (await data()).check,
  },
  {
    name: "statistics",
    about: "mean and spread of this site's columns, for a task that is yet to begin",
    load: async () => (await data()).statistics,
  },
  {
    name: "agree",
    about: "write mean and spread on which several sites agree into a task file",
    load: async () => (await data()).agree,
  },
  {
    name: "lags",
    about: "a series as rows to forecast it from: what was known, beside what came later",
    load: async () => (await data()).lags,
  },
];

const POLICY: readonly Leaf[] = [
  {
    name: "check",
    about: "whether a policy file is right, and every fault of it",
    load: async () => (await policy()).check,
  },
  {
    name: "show",
    about: "what leaves this machine, to whom, under which protection; what the policies of the site say to it",
    load: async () => (await policy()).show,
  },
];

const CONFIG: readonly Leaf[] = [
  {
    name: "show",
    about: "every setting, the value that holds, and where it came from",
    load: async () => (await config()).show,
  },
  {
    name: "check",
    about: "whether a configuration file is right, and every fault of it",
    load: async () => (await config()).check,
  },
];

const TRAINER: readonly Leaf[] = [
  {
    name: "test",
    about: "look whether a program keeps what a peer asks of a trainer",
    load: async () => (await trainer()).test,
  },
];

const LEAF: readonly Leaf[] = [
  { name: "enrol", about: "one more device: its number and its key", load: async () => (await leaf()).enrol },
  { name: "list", about: "the devices, and the newest frame of each", load: async () => (await leaf()).list },
  {
    name: "frame",
    about: "give the running peer a frame that a radio has heard",
    load: async () => (await leaf()).frame,
  },
  {
    name: "airtime",
    about: "how long frames take, and how many a day may hold",
    load: async () => (await leaf()).airtime,
  },
];

const PRIVACY: readonly Leaf[] = [
  {
    name: "plan",
    about: "noise, steps and epsilon of a private training, before anybody starts it",
    load: async () => (await privacy()).plan,
  },
  {
    name: "test",
    about: "attacks the peer's own models: what they give away of the rows that they were trained on",
    load: async () => (await privacy()).test,
  },
];

const SERVICE: readonly Leaf[] = [
  {
    name: "install",
    about: "have systemd run the peer, now and after each start of the machine",
    load: async () => (await service()).install,
  },
  {
    name: "status",
    about: "whether systemd runs the peer, since when, and how often it was started again",
    load: async () => (await service()).status,
  },
  {
    name: "uninstall",
    about: "stop the peer and take its unit away; its state stays",
    load: async () => (await service()).uninstall,
  },
];

const SIM: readonly Leaf[] = [
  { name: "run", about: "run one scenario", load: async () => (await sim()).run },
  {
    name: "sweep",
    about: "run a scenario with every combination of some values, under several seeds, over all cores",
    load: async () => (await sim()).sweep,
  },
  {
    name: "merge",
    about: "join the runs of several sweeps, such as shards; refuses two results of one hash and seed",
    load: async () => (await sim()).merge,
  },
  {
    name: "compare",
    about: "runs side by side: means over seeds, 95 % intervals, differences paired by seed",
    load: async () => (await sim()).compare,
  },
  {
    name: "list",
    about: "algorithms, attacks with their options and sources, and data sets",
    load: async () => (await sim()).list,
  },
  {
    name: "vehicles",
    about: "write a trace of contacts between vehicles on a grid of streets",
    load: async () => (await sim()).vehicles,
  },
  {
    name: "recipe",
    about: "in a checkout: what a network brings each site of a real task; data, task and scenario of sim/recipes",
    hidden: true,
    load: async () => (await sim()).recipe,
  },
  {
    name: "report",
    about: "in a checkout: run the sweeps of sim/scenarios, and write tables and plots of them into sim/results",
    hidden: true,
    load: async () => (await sim()).report,
  },
];

const VERTICAL: readonly Leaf[] = [
  {
    name: "offer",
    about: "the party with the labels: wait for the others, and find which ids all have",
    load: async () => (await vertical()).offer,
  },
  {
    name: "join",
    about: "take part with other columns of the same people: shows what others will learn, and asks",
    load: async () => (await vertical()).join,
  },
  {
    name: "train",
    about: "learn together, on all sides at once; goes on where it was left",
    load: async () => (await vertical()).train,
  },
  {
    name: "predict",
    about: "answers for new rows, on all sides at once",
    load: async () => (await vertical()).predict,
  },
];

const SIM_EXAMPLES = `
Examples:
  $ hearsay sim list                                       algorithms, attacks and data sets
  $ hearsay sim run scenario.yaml                          one experiment; its report in a directory
  $ hearsay sim sweep scenario.yaml --grid attack.share=0.1,0.2,0.3 --seeds 1..5
  $ hearsay sim compare median/ krum/                      means, intervals, paired differences
`;

/** All commands, in the order in which help tells them. One more is its row. */
export const COMMANDS: readonly (Leaf | Group)[] = [
  { name: "init", about: "write a task file from a template", load: async () => (await peer()).init },
  {
    name: "join",
    about:
      "fetch the task that an invite names, check it by its hash, show what it will cost here, and ask before it is saved",
    load: async () => (await peer()).join,
  },
  {
    name: "up",
    about: "run the peer: learn from own data and from other peers until stopped",
    load: async () => (await peer()).up,
  },
  {
    name: "doctor",
    about: "what is well on this machine, what may hurt, and what keeps a peer from working, each with what to do",
    load: async () => (await import("./commands/doctor/cli.ts")).doctor,
  },
  { name: "status", about: "what the running peer is doing", load: async () => (await peer()).status },
  {
    name: "peers",
    about: "who else is there: how they are reached, when they were heard, what they gave, who is silent or banned",
    load: async () => (await peer()).peers,
  },
  {
    name: "me",
    about: "a person's view: how good my model is, how much of it is mine, and what others made of what I published",
    load: async () => (await peer()).me,
  },
  {
    name: "open",
    about: "the page of the running peer, in a browser on this machine",
    load: async () => (await peer()).openPage,
  },
  {
    name: "why",
    about: "who moved the peer's model, and who was left out: over the last 256 cycles",
    load: async () => (await peer()).why,
  },
  {
    name: "eval",
    about: "accuracy or error of the peer's model on examples with known answers",
    load: async () => (await peer()).evaluate,
  },
  {
    name: "predict",
    about: "predictions of the peer's model, also while it learns or without a network",
    load: async () => (await peer()).predict,
  },
  {
    name: "personalise",
    about: "train the peer's model on at this site alone, and write it where it is better here",
    load: async () => (await peer()).personalise,
  },
  {
    name: "tag",
    about: "give the peer's model a name, as a release that all can serve",
    load: async () => (await release()).tag,
  },
  {
    name: "gate",
    about: "ask every peer whether a release is good enough on its own data",
    load: async () => (await release()).gate,
  },
  {
    name: "rollout",
    about: "say which peers serve a release: canaries, a share, all",
    load: async () => (await release()).rollout,
  },
  { name: "rollback", about: "have all peers serve an earlier release", load: async () => (await release()).rollback },
  {
    name: "releases",
    about: "the releases, what peers say of them, and which one serves here",
    load: async () => (await release()).releases,
  },
  {
    name: "export",
    about: "the peer's model as a safetensors, ONNX or TensorFlow.js file",
    load: async () => (await peer()).exportModel,
  },
  {
    name: "log",
    about: "the peer's append-only log: who took part, with what, and what came of it",
    commands: LOG,
  },
  { name: "data", about: "the examples of a peer, before it learns from them", commands: DATA },
  { name: "config", about: "the configuration of a peer: what holds, and what is wrong", commands: CONFIG },
  { name: "policy", about: "what a site allows its peers, and what leaves the machine", commands: POLICY },
  { name: "privacy", about: "what of the data may show, and what that costs", commands: PRIVACY },
  { name: "trainer", about: "programs that train in a process of their own", commands: TRAINER },
  {
    name: "leaf",
    about: "devices that cannot run a peer, and tell this one what they learned by radio",
    commands: LEAF,
  },
  {
    name: "schema",
    about: "JSON Schema of a task, a configuration, a policy or a scenario, for editors and other programs",
    load: async () => (await config()).schema,
  },
  { name: "key", about: "the key that is this peer: passphrase, backup, replacement, end", commands: KEY },
  {
    name: "vertical",
    about: "two to four parties that know different columns of the same people: a linear model over all of them",
    commands: VERTICAL,
  },
  { name: "service", about: "the peer as a service of this machine (systemd)", commands: SERVICE },
  {
    name: "demo",
    about: "real peers on this machine, some of them liars, against learning alone and plain averaging",
    load: async () => (await import("./commands/demo/cli.ts")).demo,
  },
  {
    name: "sim",
    about: "simulate thousands of peers: experiments from YAML scenarios, the same bytes for the same seed",
    commands: SIM,
    examples: SIM_EXAMPLES,
  },
];
