/**
 * Signatures of requests: AWS Signature Version 4, by the signer that the SDK signs with as well.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { hmac } from "@noble/hashes/hmac.js";
import { SignatureV4 } from "@smithy/signature-v4";
import { CottonCandyError } from "../../../lib/errors.ts";
import { messageOf } from "../../../lib/error_context.ts";
import type { WireRequest } from "../../transport/mod.ts";
import type { S3Credentials } from "../options.ts";

/** SHA-256, or its HMAC where there is a key, as the signer asks for it. Of little text, in JavaScript, which is as fast as calling anything else. */
class Sha256 {
  readonly #hash: ReturnType<typeof sha256.create> | ReturnType<typeof hmac.create>;

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? sha256.create() : hmac.create(sha256, bytesOf(key));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new Error("a digest is begun anew, not reset");
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === "string") return new TextEncoder().encode(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** What signs requests. */
export interface RequestSigner {
  /** Signs a request, whose headers name its host and its body's digest, for a region and as of a time. */
  sign(request: WireRequest, region: string, date: Date): Promise<WireRequest>;
}

/** Something that could not be had before anything was sent. Its name is what the SDK calls it. */
class CredentialsProviderError extends Error {
  override readonly name = "CredentialsProviderError";
}

/** Makes a signer with credentials as they are at the time. */
export function requestSigner(credentials: () => Promise<S3Credentials>): RequestSigner {
  const asked = async () => {
    try {
      return await credentials();
    } catch (cause) {
      if (cause instanceof CottonCandyError) throw cause;
      throw new CredentialsProviderError(messageOf(cause), { cause });
    }
  };
  // S3 signs paths as they stand on the request line; all other services encode them once more.
  const signer = new SignatureV4({
    service: "s3",
    region: "",
    credentials: asked,
    sha256: Sha256,
    uriEscapePath: false,
  });
  return {
    async sign(request, region, signingDate) {
      const { headers } = await signer.sign(request, { signingRegion: region, signingDate });
      return { ...request, headers };
    },
  };
}
