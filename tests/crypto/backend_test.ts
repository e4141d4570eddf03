import { MemoryBackend } from "../../backends/memory.ts";
import { aesKeys, EncryptingBackend, generateAesKey } from "../../crypto/mod.ts";
import { conformance } from "../backends/conformance.ts";

conformance("AES in memory", () =>
  Promise.resolve({
    backend: new EncryptingBackend(new MemoryBackend(), aesKeys(generateAesKey())),
    dispose: () => Promise.resolve(),
  }));
