/** Prints what a method is there to print; nothing else in the library prints, but for warnings. */
export function print(text: string): void {
  // deno-lint-ignore no-console -- the one place for it
  console.log(text);
}
