// deno-lint-ignore-file no-console -- its answer
/** Compares two stores that list as many objects as they are told to, which they make up as they are asked; says how many were the same. */
import type { Backend, ObjectInfo } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { sync } from "../../lib/sync/mod.ts";
import { delegate } from "../backends/delegate.ts";

const count = Number(Deno.args[0]);

function generated(): Backend {
  return delegate(new MemoryBackend(), {
    async *list() {
      await Promise.resolve();
      for (let i = 0; i < count; i++) {
        const info: ObjectInfo = {
          key: `objects/${`${i}`.padStart(7, "0")}`,
          size: 10,
          lastModified: new Date(1e12),
          etag: "0123456789abcdef0123456789abcdef",
        };
        yield info;
      }
    },
  });
}

const { skipped } = await sync({ backend: generated() }, { backend: generated() });
console.log(skipped);
