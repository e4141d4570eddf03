/** What the thread of the tests and that of the targets tell each other. */
import type { CampaignResult } from "./campaign.ts";
import type { Input, Verdict } from "./target.ts";

/** What to do. */
export type Task =
  & {
    /** The module that has the target. */
    readonly module: string;
    /** Its name. */
    readonly target: string;
    /** How many inputs were begun and how long the last is, as two words, and then its bytes: what is left when the thread hangs. */
    readonly shared: SharedArrayBuffer;
  }
  & (
    | { readonly kind: "one"; readonly input: Input }
    | {
      readonly kind: "campaign";
      readonly seed: number;
      /** Default: what the target says. */
      readonly count?: number;
      readonly milliseconds?: number;
      readonly corpus: readonly Input[];
    }
  );

/** What came of it. */
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "result"; readonly result: CampaignResult }
  | { readonly kind: "verdict"; readonly verdict: Verdict }
  | { readonly kind: "failed"; readonly message: string };
