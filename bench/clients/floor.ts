/**
 * What the wire gives: a presigned URL, and no more around it than reads or sends its bytes; and the same with WebCrypto's AES in one call.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import http from "node:http";
import { type Bytes, type Client, only } from "./protocol.ts";

const agent = new http.Agent({ keepAlive: true });

/** One request by node:http, and the whole body of its answer. */
function request(url: string, body?: Bytes): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const method = body ? "PUT" : "GET";
    const headers = body ? { "content-length": body.length } : {};
    const sent = http.request(url, { agent, method, headers }, (answer) => {
      const pieces: Uint8Array[] = [];
      answer.on("data", (piece: Uint8Array) => pieces.push(piece));
      answer.on("error", reject);
      answer.on("end", () => {
        if (answer.statusCode === 200) resolve(Buffer.concat(pieces));
        else reject(new Error(`${method} was answered by ${answer.statusCode}: ${Buffer.concat(pieces)}`));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** One request by `fetch`. */
async function fetched(url: string, body?: Bytes): Promise<Uint8Array> {
  const response = await fetch(url, body && { method: "PUT", body });
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!response.ok) throw new Error(`${response.status}: ${new TextDecoder().decode(bytes)}`);
  return bytes;
}

/** No signing, no checksum. `copy`: what comes is copied into a new array, as who wants one of a known size has to. */
export function bare(by: "fetch" | "node:http", copy: boolean = false): Client {
  const ask = by === "fetch" ? fetched : request;
  return {
    put: async (_key, data, { url }) => void await ask(only(url, "URL"), data),
    async get(_key, size, url) {
      const bytes = await ask(only(url, "URL"));
      if (!copy) return bytes;
      const array = new Uint8Array(size);
      array.set(bytes);
      return array;
    },
  };
}

let secret: Promise<CryptoKey> | undefined;

/** `fetch`, and AES-GCM over everything in one call: what encryption costs at least. */
export async function webCrypto(): Promise<Client> {
  const key = await (secret ??= crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]));
  // One for all: what is encrypted here is no secret.
  const algorithm = { name: "AES-GCM", iv: new Uint8Array(12) };
  return {
    put: async (_key, data, { url }) =>
      void await fetched(only(url, "URL"), new Uint8Array(await crypto.subtle.encrypt(algorithm, key, data))),
    async get(_key, _size, url) {
      const stored = new Uint8Array(await fetched(only(url, "URL")));
      return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, stored));
    },
  };
}
