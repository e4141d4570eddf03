// Run as a worker by small_page_test.ts: what a page loads that reads .npy objects and nothing else.
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { openNpy } from "../../lib/stored_arrays/npy.ts";

function refusal(work: () => unknown): string {
  try {
    return String(work());
  } catch (error) {
    return String(error);
  }
}

const backend = new MemoryBackend();
self.onmessage = async ({ data }: { data: Uint8Array<ArrayBuffer> }) => {
  await backend.put("a.npy", data);
  const lazy = await openNpy(backend, "a.npy");
  const slice = await lazy.slice([0, 2]);
  self.postMessage({
    texts: [String(lazy), String(slice), JSON.stringify(slice)],
    refused: refusal(() => slice.mean()),
    stored: await lazy.max(),
    // Whoever asked a stored array has loaded them.
    then: refusal(() => slice.mean()),
  });
};

declare const self: {
  onmessage: (event: { data: Uint8Array<ArrayBuffer> }) => Promise<void>;
  postMessage(message: unknown): void;
};
