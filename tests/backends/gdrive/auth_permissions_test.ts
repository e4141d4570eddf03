/** What a login is not allowed by Deno is told in one line, with the flag that allows it. */
import { assertRejects } from "@std/assert";
import { writeTokenFile } from "../../../backends/gdrive/auth/credential_files.ts";
import { openLoopback } from "../../../backends/gdrive/auth/login.ts";
import { AccessDeniedError } from "../../../lib/errors.ts";
import { platformFiles } from "../../../lib/file_access.ts";

Deno.test({
  name: "a login without --allow-net",
  permissions: { net: false },
  fn: async () => {
    const options = { port: 0, path: "/", state: "s" };
    await assertRejects(() => openLoopback(options), AccessDeniedError, "run it with --allow-net");
  },
});

Deno.test({
  name: "a login without --allow-write",
  permissions: { read: true, write: false, env: true },
  fn: async () => {
    const key = { type: "authorized_user", client_id: "i", client_secret: "s", refresh_token: "r" } as const;
    await assertRejects(
      () => writeTokenFile(platformFiles(), "/tmp/nowhere/token.json", key),
      AccessDeniedError,
      "run it with --allow-read and --allow-write",
    );
  },
});
