import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { EncryptingBackend, generateRsaKeys, type RsaKeyOptions, rsaKeys } from "../../crypto/mod.ts";
import {
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { passphrase, pem } from "./vectors.ts";

const store = new MemoryBackend();
const writer = new EncryptingBackend(store, await rsaKeys({ publicKey: pem.spki }));
await writer.put("object", new Uint8Array([1, 2, 3]), { metadata: { run: "7" } });

const reads = async (options: RsaKeyOptions) => {
  const backend = new EncryptingBackend(store, await rsaKeys(options));
  const reader = await backend.open("object");
  assertEquals(reader.info.metadata, { run: "7" });
  assertEquals([...await reader.read()], [1, 2, 3]);
};

for (
  const form of [
    "pkcs8",
    "pkcs1",
    "pbes2 aes-256 sha256",
    "pbes2 aes-128 sha1",
    "pbes2 aes-192 sha512",
  ] as const
) {
  Deno.test(`a private key as openssl writes it: ${form}`, async () => {
    await reads({ privateKey: pem[form], passphrase: form.startsWith("pbes2") ? passphrase : undefined });
    // What stands around it is no matter.
    const dressed = `Bag Attributes\r\n${pem.spki}\n${pem[form].replaceAll("\n", "\r\n")}\n# end`;
    await reads({ privateKey: dressed, publicKey: pem.spki, passphrase });
  });
}

Deno.test("a key is found wherever in a file it stands: behind certificates, parameters, and keys that can't be used", async () => {
  const block = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
  const others = ["CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CRL", "DH PARAMETERS", "CERTIFICATE REQUEST"]
    .map(block);
  for (const before of [...others, others.join(""), pem.spki]) {
    await reads({ privateKey: before + pem.pkcs8 });
    await reads({ privateKey: before + pem.pkcs1, publicKey: others.join("") + pem.spki });
  }
  await reads({ privateKey: others.join("") + pem["pbes2 aes-256 sha256"], passphrase });
  for (const unusable of [pem.ec, pem["old encrypted"], pem["pbes2 3des"], block("OPENSSH PRIVATE KEY")]) {
    await reads({ privateKey: `${unusable}\n${pem.pkcs8}`, passphrase });
  }
  await assertRejects(
    () => rsaKeys({ privateKey: `${others[0]}${pem["old encrypted"]}` }),
    UnsupportedError,
    "openssl pkcs8",
  );
  await assertRejects(
    () => rsaKeys({ privateKey: others[0] }),
    InvalidArgumentError,
    "a certificate, which holds none",
  );
  await assertRejects(() => rsaKeys({ publicKey: others[0] + pem.pkcs8 }), UnsupportedError, "openssl x509");
});

Deno.test("both forms of a public key write what the private key reads, under one id", async () => {
  const ids = new Set<string>();
  for (
    const options of [{ publicKey: pem.spki }, { publicKey: pem["pkcs1 public"] }, { privateKey: pem.pkcs1 }]
  ) {
    const { metadata } = await (await rsaKeys(options)).seal({ key: "a", metadata: {} });
    ids.add(metadata["cc-key-id"]);
    const { metadata: own } = await (await rsaKeys({ privateKey: pem.pkcs8 })).unseal({ key: "a", metadata });
    assertEquals(own, {});
  }
  assertEquals(ids.size, 1);
  assert(/^[0-9a-f]{16}$/.test([...ids][0]));
});

Deno.test("a public key alone writes, lists and deletes; whatever reads says what is missing", async () => {
  await writer.put("other", new Uint8Array(5), { metadata: { a: "b" } });
  for (
    const read of [
      () => writer.open("other"),
      () => writer.head("other"),
      () => writer.copy("other", "copy"),
      () => writer.open("other", { range: { offset: 1, length: 1 } }),
      () => writer.rekey("other"),
    ]
  ) {
    const error = await assertRejects(read, UnsupportedError);
    assert(error.message.includes("private key"), error.message);
  }
  assertEquals(await writer.head("missing"), undefined);
  const sizes = await Array.fromAsync(
    writer.list(),
    (entry) => "key" in entry ? `${entry.key} ${entry.size}` : "",
  );
  assertEquals(sizes, ["object 3", "other 5"]);
  assertEquals(await Array.fromAsync(writer.delete(["other"])), [{ key: "other" }]);
});

Deno.test("another key's objects are not authentic; the message names both ids and no key", async () => {
  const other = new EncryptingBackend(store, await rsaKeys({ privateKey: pem["other pkcs8"] }));
  const error = await assertRejects(() => other.open("object"), IntegrityError);
  const head = await store.head("object");
  assert(error.message.includes(head?.metadata["cc-key-id"] ?? "?"), error.message);
  assertEquals(error.key, "object");
});

Deno.test("keys that are none are refused with what to do, and never shown", async () => {
  const damaged = pem.pkcs8.replace(/\n.{64}\n/, "\n");
  const cases: [RsaKeyOptions, "InvalidArgument" | "Unsupported", string][] = [
    [{}, "InvalidArgument", "needs a public key"],
    [{ publicKey: "" }, "InvalidArgument", "no PEM text"],
    [{ publicKey: pem.pkcs8 }, "InvalidArgument", "is a private one"],
    [{ privateKey: pem.spki }, "InvalidArgument", "is a public one"],
    [{ privateKey: "/some/file.pem" }, "InvalidArgument", "no PEM text"],
    [{ privateKey: damaged }, "InvalidArgument", "damaged"],
    [{ privateKey: pem.ec }, "InvalidArgument", "no RSA key"],
    [{ privateKey: pem["too short"] }, "InvalidArgument", "1024"],
    [{ privateKey: pem["old encrypted"], passphrase }, "Unsupported", "openssl pkcs8"],
    [{ privateKey: pem["pbes2 3des"], passphrase }, "Unsupported", "openssl pkcs8"],
    [{ privateKey: pem["pbes2 scrypt"], passphrase }, "Unsupported", "openssl pkcs8"],
    [{ privateKey: pem["pbes2 aes-256 sha256"] }, "InvalidArgument", "give its passphrase"],
    [{ privateKey: pem["pbes2 aes-256 sha256"], passphrase: "wrong" }, "InvalidArgument", "does not open"],
    [
      { privateKey: pem.pkcs8, publicKey: pem["pkcs1 public"].replace("MIIB", "MIIC") },
      "InvalidArgument",
      "damaged",
    ],
    [{ privateKey: pem["other pkcs8"], publicKey: pem.spki }, "InvalidArgument", "do not belong together"],
    [
      { privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----" },
      "Unsupported",
      "ssh-keygen",
    ],
    [
      { publicKey: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" },
      "Unsupported",
      "openssl x509",
    ],
  ];
  for (const [options, code, words] of cases) {
    const error = await assertRejects(() => rsaKeys(options), CottonCandyError);
    assertEquals(error.code, code, error.message);
    assert(error.message.includes(words), `${error.message} / ${words}`);
    assert(!/MII[A-Z]/.test(Deno.inspect(error)), "no key is shown");
  }
});

Deno.test("every way of cutting a key off is refused, and none hangs", async () => {
  const der = Uint8Array.fromBase64(pem["pbes2 aes-128 sha1"].replace(/-----.*-----/g, ""));
  for (let length = 1; length < 120; length += 3) {
    const text = `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${
      der.subarray(0, length).toBase64()
    }\n-----END ENCRYPTED PRIVATE KEY-----`;
    await assertRejects(() => rsaKeys({ privateKey: text, passphrase }), InvalidArgumentError);
  }
});

Deno.test("keys that are made here: with a passphrase and without, and the wrong number of bits", async () => {
  const made = await generateRsaKeys({ bits: 2048, passphrase: "geheim" });
  assert(made.privateKey.startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
  assert(made.publicKey.split("\n").every((line) => line.length <= 64));
  await rsaKeys({ ...made, passphrase: "geheim" });
  await assertRejects(() => rsaKeys({ ...made, passphrase: "Geheim" }), InvalidArgumentError);
  for (const bits of [1024, 2047, 2049, NaN, 20000]) {
    await assertRejects(() => generateRsaKeys({ bits }), InvalidArgumentError);
  }
});
