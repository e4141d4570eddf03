/** What Deno was not allowed to do is said at once, with the flag that allows it: it is no network's fault that could pass. */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import { GDriveBackend } from "../../../backends/gdrive/mod.ts";
import { S3Backend } from "../../../backends/s3/mod.ts";
import { networkFailure } from "../../../backends/transport/failure.ts";
import { AccessDeniedError } from "../../../lib/errors.ts";

const s3 = (host: string) =>
  new S3Backend({
    bucket: "lab",
    endpoint: `http://${host}:4444`,
    credentials: { accessKeyId: "a", secretAccessKey: "s" },
  });
const drive = (host: string, credentials: ConstructorParameters<typeof GDriveBackend>[0]["credentials"]) =>
  new GDriveBackend({ endpoint: `http://${host}:4444`, credentials });

const stores: readonly [name: string, make: (host: string) => Backend][] = [
  ["S3", s3],
  ["Drive", (host) => drive(host, () => Promise.resolve("token"))],
  [
    "Drive, for its token",
    (host) =>
      drive(host, {
        type: "authorized_user",
        client_id: "id",
        client_secret: "s",
        refresh_token: "r",
        token_uri: `http://${host}:4444/token`,
      }),
  ],
];

for (const [name, make] of stores) {
  Deno.test({
    name: `${name}: without --allow-net`,
    permissions: { net: false, env: true, read: true, sys: true },
    fn: async () => {
      const began = performance.now();
      for (const host of ["127.0.0.1", "localhost"]) {
        const backend = make(host);
        for (const ask of [() => backend.head("a"), () => backend.put("a", new Uint8Array(3))]) {
          const { message, committed } = await assertRejects(ask, AccessDeniedError);
          const said = /^Deno was not allowed to connect to (\S+): run it with --allow-net=(\S+)$/.exec(
            message,
          );
          assert(said && said[1] === said[2], message);
          // A name is looked up before there is talk of ports.
          assert([`${host}:4444`, "localhost"].includes(said[1]), message);
          assertNotEquals(committed, "unknown");
        }
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
