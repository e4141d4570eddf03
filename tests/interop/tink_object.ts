/**
 * Encrypted objects as Google's Tink and openssl write and read them (tink_object.py is the other half).
 *
 * @module
 */
import { streamOf } from "../../lib/streams/mod.ts";

const root = new URL("../../", import.meta.url).pathname;

const PYTHON = `${root}.tmp/venv-tink/bin/python`;

/** Keys for the Python side. */
export type OtherKeys =
  | { readonly aes: string }
  | { readonly publicKey: string; readonly privateKey: string };

/** An object: as it is to be, or as it is stored. */
export interface OtherObject {
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Encrypts an object with Tink. */
export async function writeWithTink(keys: OtherKeys, object: OtherObject): Promise<OtherObject> {
  const { answer, body } = await ask("write", keys, object);
  return { key: object.key, metadata: answer.metadata ?? {}, body };
}

/** Decrypts an object with Tink. */
export async function readWithTink(keys: OtherKeys, object: OtherObject): Promise<Uint8Array<ArrayBuffer>> {
  return (await ask("read", keys, object)).body;
}

interface Answer {
  readonly metadata?: Record<string, string>;
}

async function ask(
  what: "write" | "read",
  keys: OtherKeys,
  { key, metadata, body }: OtherObject,
): Promise<{ answer: Answer; body: Uint8Array<ArrayBuffer> }> {
  const directory = await Deno.makeTempDir();
  try {
    const [from, to] = [`${directory}/from`, `${directory}/to`];
    await Deno.writeFile(from, body);
    const child = new Deno.Command(PYTHON, {
      args: [`${root}tests/interop/tink_object.py`],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(
      new TextEncoder().encode(JSON.stringify({ do: what, keys, key, metadata, body: from, to })),
    );
    await writer.close();
    const { success, stdout, stderr } = await child.output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const answer: Answer = JSON.parse(new TextDecoder().decode(stdout));
    return { answer, body: await Deno.readFile(to) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** What a Python program that has Tink makes of its one argument and its input. */
export async function runWithTink(
  program: string,
  argument: string,
  input: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const child = new Deno.Command(PYTHON, {
    args: ["-c", program, argument],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [{ success, stdout, stderr }] = await Promise.all([
    child.output(),
    // A program that fails does not read to the end; what it says then is in its output.
    streamOf(input).pipeTo(child.stdin).catch(() => {}),
  ]);
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new Uint8Array(stdout);
}
