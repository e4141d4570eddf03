import { assertEquals } from "@std/assert";
import { scrypt, scryptInWorker, scryptPortable } from "../../crypto/age/passphrase.ts";

Deno.test("scrypt: RFC 7914's vector for r = 8, p = 1, by both ways", async () => {
  // Section 12, the third: the first 32 of its 64 bytes, since PBKDF2's first block does not depend on the length.
  const salt = new TextEncoder().encode("SodiumChloride");
  const expected = "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2";
  for (const way of [scrypt, scryptInWorker, scryptPortable]) {
    assertEquals((await way("pleaseletmein", salt, 2 ** 14)).toHex(), expected);
  }
});

Deno.test("scrypt: both ways agree, in unicode and with much work", async () => {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  for (
    const [passphrase, N] of [["", 1024], ["\u00fc\u{1F9E0} p", 2 ** 12], ["x".repeat(300), 2 ** 17]] as const
  ) {
    assertEquals(await scrypt(passphrase, salt, N), await scryptPortable(passphrase, salt, N));
  }
});
