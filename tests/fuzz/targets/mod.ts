/** What is fuzzed, in groups: a test file each, so that they run side by side. */
import type { Target } from "../engine/target.ts";

/** The groups, by the names of their files here and of their tests. */
export const GROUPS: readonly string[] = [
  "codecs",
  "arrays",
  "arrow",
  "folders",
  "text",
  "arguments",
  "patterns",
  "answers",
  "documents",
  "secrets",
  "profiles",
];

/** Where a group's targets are: a module that exports `targets`. */
export function groupModule(group: string): string {
  return new URL(`./${group}.ts`, import.meta.url).href;
}

/** The targets of a module. */
export async function targetsIn(module: string): Promise<readonly Target[]> {
  const { targets }: { readonly targets: readonly Target[] } = await import(module);
  return targets;
}
