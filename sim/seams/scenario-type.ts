/** A complete scenario, as `run/scenario.ts` parses it: what every part of a simulation may know. */
import type { ChurnSpec, DeviceSpec } from "../devices/schema.ts";
import type { NetworkSpec } from "../network/schema.ts";

/** `algorithm` and `attack` hold the options that their registries filled in; `run/scenario.ts` says what each field is. */
export interface Scenario {
  readonly version: 1;
  readonly name: string;
  readonly about: string;
  readonly data: {
    readonly set: string;
    readonly rows: number;
    readonly rowsPerPeer: number;
    readonly label?: string | undefined;
    readonly owner?: string | undefined;
  };
  readonly partition: string;
  readonly task: Readonly<Record<string, unknown>>;
  readonly peers: number;
  readonly algorithm: Choice;
  readonly cycles: number;
  readonly devices: DeviceSpec;
  readonly network: NetworkSpec;
  readonly churn: ChurnSpec;
  readonly attack?: (Choice & { readonly share: number }) | undefined;
  readonly signatures: boolean;
  readonly logs: "keep" | "heads";
  readonly metrics: {
    readonly points: number;
    readonly peers: number;
    readonly rows: number;
    readonly target?: number | undefined;
    readonly explain?: boolean | undefined;
  };
  readonly seed: number;
}

/** An entry of a registry and its options. */
export interface Choice {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** The options of `algorithm` or `attack`. */
export function optionsOf(choice: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { kind: _kind, share: _share, ...options } = choice;
  return options;
}
