/**
 * A process's resident memory, as Linux counts it.
 *
 * @module
 */

async function status(field: string): Promise<number> {
  const text = await Deno.readTextFile("/proc/self/status");
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1];
  if (kib === undefined) throw new Error(`no ${field} in /proc/self/status: this needs Linux`);
  return Number(kib) / 1024;
}

/** The highest resident memory since the last {@linkcode resetPeak}, in MiB. */
export function peakRss(): Promise<number> {
  return status("VmHWM");
}

/** Resident memory now, in MiB. */
export function currentRss(): Promise<number> {
  return status("VmRSS");
}

/** Begins a new count of the peak, and gives what is resident now, in MiB. */
export async function resetPeak(): Promise<number> {
  await Deno.writeTextFile("/proc/self/clear_refs", "5");
  return await currentRss();
}
