/** The sessions of resumable uploads. */
import { createHash } from "node:crypto";
import type { Reply } from "../http/reply.ts";
import { type Principal, secret } from "./account.ts";
import { sessionError } from "./error.ts";
import type { Metadata } from "./metadata.ts";
import type { Parameters } from "./parameters.ts";

/** An upload in progress. */
export interface UploadSession {
  readonly id: string;
  /** The file whose bytes are to change; `undefined` for a new one. */
  readonly fileId?: string;
  /** The name of the file. */
  readonly name: string;
  /** What was said of the file when the session began. */
  readonly metadata: Metadata;
  /** The media's type, where it was told. */
  readonly contentType?: string;
  /** How many bytes there will be, once that is known. */
  readonly total?: number;
  /** How many bytes are kept so far. */
  readonly received: number;
  readonly started: Date;
}

/** What a session is begun with. */
export type NewSession = Pick<UploadSession, "fileId" | "name" | "metadata" | "contentType" | "total"> & {
  readonly principal: Principal;
  readonly parameters: Parameters;
};

/** A session that bytes can be added to. */
export class OpenSession implements UploadSession {
  readonly id: string = secret("AHRPTWm");
  readonly fileId?: string;
  readonly name: string;
  readonly metadata: Metadata;
  readonly contentType?: string;
  readonly principal: Principal;
  readonly parameters: Parameters;
  readonly started: Date = new Date();
  total: number | undefined;
  /** The request that came last: an earlier one that breaks off later than that changes nothing any more. */
  latest = 0;
  readonly #md5 = createHash("md5");
  #chunks: Uint8Array[] = [];
  #received = 0;

  constructor(begun: NewSession) {
    this.fileId = begun.fileId;
    this.name = begun.name;
    this.metadata = begun.metadata;
    this.contentType = begun.contentType;
    this.total = begun.total;
    this.principal = begun.principal;
    this.parameters = begun.parameters;
  }

  get received(): number {
    return this.#received;
  }

  /** MD5 of the bytes that are kept, in hexadecimal. */
  get md5(): string {
    return this.#md5.copy().digest("hex");
  }

  /** Keeps bytes after those that are there. */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#md5.update(bytes);
    this.#chunks.push(bytes);
    this.#received += bytes.length;
  }

  /** All bytes in one piece. */
  whole(): Uint8Array {
    if (this.#chunks.length === 1) return this.#chunks[0];
    const out = new Uint8Array(this.#received);
    let at = 0;
    for (const chunk of this.#chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  }
}

/** All sessions. */
export class Sessions {
  readonly open: Map<string, OpenSession> = new Map();
  /** What the last request of each was answered. */
  readonly #finished = new Map<string, Reply>();
  readonly #expired = new Map<string, 404 | 410>();
  readonly #all = new Map<string, Pick<UploadSession, "fileId" | "name">>();

  /** Begins one. */
  begin(session: NewSession): OpenSession {
    const open = new OpenSession(session);
    this.open.set(open.id, open);
    this.#all.set(open.id, { fileId: session.fileId, name: session.name });
    return open;
  }

  /** What a session is or was about. */
  about(id: string | undefined): Pick<UploadSession, "fileId" | "name"> | undefined {
    return this.#all.get(id ?? "");
  }

  /** The session, or what the last request of a finished one was answered; else notFound. */
  find(id: string): OpenSession | Reply {
    const reply = this.#finished.get(id);
    if (reply) return { ...reply, headers: { ...reply.headers } };
    const session = this.open.get(id);
    if (session) return session;
    throw sessionError(this.#expired.get(id) ?? 404, "notFound", "Not Found");
  }

  /** Ends one with an answer, which is given again to whoever asks. */
  finish(id: string, reply: Reply): void {
    this.open.delete(id);
    this.#finished.set(id, { ...reply, headers: { ...reply.headers } });
  }

  /** Forgets one. */
  drop(id: string): void {
    this.open.delete(id);
    this.#finished.delete(id);
  }

  /** Forgets one as if its time were over. */
  expire(id: string, status: 404 | 410): void {
    this.drop(id);
    this.#expired.set(id, status);
  }
}
