import type { Backend } from "../../backends/backend.ts";
import { GDriveBackend } from "../../backends/gdrive/mod.ts";
import { LocalBackend } from "../../backends/local/mod.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import { aesKeys, EncryptingBackend, generateAesKey, generateRsaKeys, rsaKeys } from "../../crypto/mod.ts";
import { conformance, type TestStore } from "../../testing/mod.ts";
import { loginOf } from "../backends/gdrive/setup.ts";
import { temporaryFiles } from "../backends/local/directory.ts";
import { startDrive } from "../servers/gdrive.ts";
import { startS3 } from "../servers/s3.ts";

const { privateKey } = await generateRsaKeys({ bits: 2048 });
const rsa = await rsaKeys({ privateKey });
const aes = aesKeys(generateAesKey());

function inMemory(): Promise<TestStore> {
  return Promise.resolve({ backend: new MemoryBackend(), dispose: () => Promise.resolve() });
}

async function onDisk(): Promise<TestStore> {
  const directory = await Deno.makeTempDir();
  return {
    backend: new LocalBackend(directory),
    dispose: () => Deno.remove(directory, { recursive: true }),
    leftovers: () => temporaryFiles(directory),
  };
}

async function onS3(): Promise<TestStore> {
  const s3 = await startS3({ buckets: ["bucket"] });
  const { endpoint, region, credentials } = s3;
  const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials, onWarning: () => {} });
  return {
    backend,
    leftovers: () =>
      Promise.resolve(
        [...s3.store.buckets.values()].flatMap(({ uploads }) => [...uploads.values()].map(({ key }) => key)),
      ),
    dispose: async () => {
      backend.close();
      await s3.shutdown();
    },
  };
}

async function onDrive(): Promise<TestStore> {
  const drive = await startDrive();
  const { endpoint } = drive;
  const backend = new GDriveBackend({ endpoint, credentials: loginOf(drive), onWarning: () => {} });
  return {
    backend,
    leftovers: () => Promise.resolve([...drive.sessions.keys()]),
    dispose: async () => {
      backend.close();
      await drive.shutdown();
    },
  };
}

async function encrypted(
  make: () => Promise<TestStore>,
  wrap: (store: Backend) => Backend,
): Promise<TestStore> {
  const subject = await make();
  return { ...subject, backend: wrap(subject.backend) };
}

const withAes = (store: Backend) => new EncryptingBackend(store, aes);
const withRsa = (store: Backend) => new EncryptingBackend(store, rsa);

conformance("AES in memory", () => encrypted(inMemory, withAes));
conformance("RSA in memory", () => encrypted(inMemory, withRsa), { many: 200 });
conformance("AES on disk", () => encrypted(onDisk, withAes), { many: 300 });
conformance("AES on S3", () => encrypted(onS3, withAes), { many: 300, metadataLimit: 1900 });
conformance("RSA on Drive", () => encrypted(onDrive, withRsa), { many: 100, metadataLimit: 1500 });
