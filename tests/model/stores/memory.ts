/** Memory: what can happen there are aborts and other writers. */
import type { Backend } from "../../../backends/backend.ts";
import { MemoryBackend } from "../../../backends/memory/mod.ts";
import { delegate } from "../../backends/delegate.ts";
import { type StoreKind, Turns } from "./store.ts";

/** A store in memory. */
export const MEMORY: StoreKind = {
  faults: ["abort", "source"],
  large: 100_000,
  buckets: true,
  open() {
    const witness = new MemoryBackend();
    const turns = new Turns();
    return Promise.resolve({
      backend: hooked(witness, turns),
      witness,
      deletesVersions: true,
      disturb: (disturbance) => turns.disturb(disturbance),
      idle: () => Promise.resolve(),
      leftovers: () => Promise.resolve([]),
      mayLeave: () => false,
      sweep: () => Promise.resolve(),
      dispose: () => Promise.resolve(),
    });
  },
};

/** A backend that takes turns: one before each operation. */
function hooked(inner: MemoryBackend, turns: Turns): Backend {
  return delegate(inner, {
    head: async (...given) => (await turns.before("head"), await inner.head(...given)),
    open: async (...given) => (await turns.before("open"), await inner.open(...given)),
    put: async (...given) => (await turns.before("put"), await inner.put(...given)),
    copy: async (...given) => (await turns.before("copy"), await inner.copy(...given)),
    async *list(options) {
      await turns.before("list");
      yield* inner.list(options);
    },
    async *delete(items, options) {
      await turns.before("delete");
      yield* inner.delete(items, options);
    },
    startUpload: async (...given) => (await turns.before("startUpload"), await inner.startUpload(...given)),
    resumeUpload: async (
      ...given
    ) => (await turns.before("resumeUpload"), await inner.resumeUpload(...given)),
    abortUpload: async (...given) => (await turns.before("abortUpload"), await inner.abortUpload(...given)),
  });
}
