/** A network that is away for a while, which a server that was reached before outlasts, and an address that was never right. By itself, since ports that are given back must not be taken by others. */
import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import type { Backend } from "../../backends/backend.ts";
import { GDriveBackend } from "../../backends/gdrive/mod.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import { ConnectionError } from "../../lib/errors.ts";
import { startDrive } from "../servers/gdrive.ts";
import { startS3 } from "../servers/s3.ts";

/** A way to a server that can be closed, and opened again at the same address. */
class Way implements Disposable {
  readonly #to: number;
  #port = 0;
  #listener: Deno.Listener | undefined;
  readonly #connections = new Set<Deno.Conn>();

  constructor(to: number) {
    this.#to = to;
    this.open();
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  open(): void {
    const listener = this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.#port });
    this.#port = listener.addr.port;
    void this.#serve(listener);
  }

  close(): void {
    this.#listener?.close();
    this.#listener = undefined;
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #serve(listener: Deno.Listener): Promise<void> {
    try {
      for await (const near of listener) {
        const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#to });
        this.#connections.add(near).add(far);
        for (const [from, to] of [[near, far], [far, near]]) {
          from.readable.pipeTo(to.writable).catch(() => {});
        }
      }
    } catch {
      // Closed.
    }
  }
}

const retries = { attempts: 200, budget: 20_000, delay: 20 };

async function outlasts(backend: Backend, way: Way): Promise<void> {
  await backend.put("a", new Uint8Array([1]));
  way.close();
  setTimeout(() => way.open(), 1500);
  await backend.put("b", new Uint8Array([2]));
  const reader = await backend.open("b");
  assertEquals(await reader.read(), new Uint8Array([2]));
}

Deno.test("Drive: a network that is away for a while", async () => {
  await using drive = await startDrive();
  using way = new Way(drive.port);
  const backend = new GDriveBackend({
    endpoint: way.endpoint,
    credentials: () => Promise.resolve(drive.token()),
    retries,
  });
  await outlasts(backend, way);
  backend.close();
});

Deno.test("S3: a network that is away for a while", async () => {
  await using s3 = await startS3({ buckets: ["bucket"] });
  using way = new Way(s3.port);
  const { region, credentials } = s3;
  const backend = new S3Backend({ bucket: "bucket", endpoint: way.endpoint, region, credentials, retries });
  await outlasts(backend, way);
  backend.close();
});

Deno.test("a server that was never reached is given up soon", async () => {
  await using drive = await startDrive();
  const way = new Way(drive.port);
  way.close();
  const backend = new GDriveBackend({
    endpoint: way.endpoint,
    credentials: () => Promise.resolve("token"),
    retries,
  });
  const start = performance.now();
  const error = await assertRejects(() => backend.head("a"), ConnectionError);
  assert(error.message.includes("could not reach"));
  assertLess(performance.now() - start, 10_000);
});
