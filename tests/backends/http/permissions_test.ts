/** What Deno was not allowed to do is said at once, with the flag that allows it: it is no network's fault that could pass. */
import { assertEquals, assertInstanceOf, assertLess, assertRejects } from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import { GDriveBackend } from "../../../backends/gdrive.ts";
import { networkFailure } from "../../../backends/http/failure.ts";
import { S3Backend } from "../../../backends/s3.ts";
import { AccessDeniedError } from "../../../lib/errors.ts";

const s3 = () =>
  new S3Backend({
    bucket: "lab",
    endpoint: "http://127.0.0.1:4444",
    credentials: { accessKeyId: "a", secretAccessKey: "s" },
  });
const drive = (credentials: ConstructorParameters<typeof GDriveBackend>[0]["credentials"]) =>
  new GDriveBackend({ endpoint: "http://127.0.0.1:4444", credentials });

const stores: readonly [name: string, make: () => Backend][] = [
  ["S3", s3],
  ["Drive", () => drive(() => Promise.resolve("token"))],
  [
    "Drive, for its token",
    () =>
      drive({
        type: "authorized_user",
        client_id: "id",
        client_secret: "s",
        refresh_token: "r",
        token_uri: "http://127.0.0.1:4444/token",
      }),
  ],
];

for (const [name, make] of stores) {
  Deno.test({
    name: `${name}: without --allow-net`,
    permissions: { net: false, env: true, read: true, sys: true },
    fn: async () => {
      const backend = make();
      const began = performance.now();
      for (const ask of [() => backend.head("a"), () => backend.put("a", new Uint8Array(3))]) {
        const error = await assertRejects(ask, AccessDeniedError);
        assertEquals(
          error.message,
          "Deno was not allowed to connect to 127.0.0.1:4444: run it with --allow-net=127.0.0.1:4444",
        );
      }
      // Trying again for minutes is what it did once.
      assertLess(performance.now() - began, 10_000);
    },
  });
}

Deno.test("the flag is named, whatever it is", () => {
  const cases: readonly [message: string, says: string][] = [
    ['Requires sys access to "ca", run again with the --allow-sys flag', "--allow-sys=ca"],
    ["Requires net access, run again with the --allow-net flag", "--allow-net"],
  ];
  for (const [message, flag] of cases) {
    const failure = networkFailure(new Deno.errors.NotCapable(message));
    assertInstanceOf(failure, AccessDeniedError);
    assertEquals(failure.message, `Deno was not allowed to connect: run it with ${flag}`);
  }
});
