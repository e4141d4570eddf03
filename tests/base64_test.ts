import { assertEquals } from "@std/assert";
import {
  base64OfHex,
  fromBase64,
  fromBase64Url,
  fromCanonicalBase64,
  fromHex,
  toBase64,
  toBase64Url,
  toHex,
} from "../lib/base64.ts";

const all = Uint8Array.from({ length: 100_003 }, (_, i) => i * 7 + (i >> 8));

Deno.test("bytes come back from base64 and hexadecimal, whatever their number", () => {
  for (const bytes of [all, ...[0, 1, 2, 3, 4, 5].map((length) => all.subarray(250, 250 + length))]) {
    assertEquals(fromBase64(toBase64(bytes)), bytes);
    assertEquals(fromCanonicalBase64(toBase64(bytes)), bytes);
    assertEquals(fromBase64Url(toBase64Url(bytes)), bytes);
    assertEquals(fromHex(toHex(bytes)), bytes);
  }
  assertEquals(toBase64Url(Uint8Array.of(0xfb, 0xff)), "-_8");
  assertEquals(toHex(Uint8Array.of(0, 0xab)), "00ab");
  assertEquals(base64OfHex("00ab"), toBase64(Uint8Array.of(0, 0xab)));
});

Deno.test("what people write is forgiven, what is written here has one form", () => {
  for (const text of ["YQ", "Y Q=\n=", "YR=="]) {
    assertEquals(fromBase64(text), Uint8Array.of(0x61), text);
    assertEquals(fromCanonicalBase64(text), undefined, text);
  }
  for (const text of ["Y", "YQ=", "YQ===", "YQ==YQ==", "Y*==", "a-b_", "ä"]) {
    assertEquals(fromBase64(text), undefined, text);
    assertEquals(fromCanonicalBase64(text), undefined, text);
  }
  for (const text of ["YQ==", "YR", "Y", "a+b/"]) assertEquals(fromBase64Url(text), undefined, text);
  for (const text of ["a", "0g", "0x", " 00"]) assertEquals(fromHex(text), undefined, text);
  assertEquals(base64OfHex("no digest"), "");
});
