import { type OnWarning, warnOncePerKind } from "../warnings.ts";

/** Warns of a name that stands for another one. */
export function warnDeprecated(name: string, instead: string, onWarning: OnWarning = warnOncePerKind): void {
  onWarning({ kind: "deprecated", message: `${name} is deprecated: use ${instead} instead` });
}
