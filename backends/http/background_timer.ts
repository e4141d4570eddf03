/** Starts a timer that doesn't keep a process from ending, for what only matters while something else goes on. */
export function backgroundTimer(work: () => void, milliseconds: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(work, milliseconds);
  if (typeof Deno !== "undefined") Deno.unrefTimer(timer);
  else unref(timer);
  return timer;
}

/** Node's timers are objects, a browser's are numbers. */
function unref(timer: unknown): void {
  if (typeof timer === "object" && timer && "unref" in timer && typeof timer.unref === "function") {
    timer.unref();
  }
}
