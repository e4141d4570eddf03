/** URLs that are signed for whoever has them: used by plain requests. */
import { assert } from "@std/assert";
import { NotFoundError } from "../../lib/errors.ts";
import { bytesOf } from "./contents.ts";
import type { Expectation } from "./expect.ts";
import type { Performance } from "./perform.ts";
import { canonical, type State, stored } from "./state.ts";
import type { Operation } from "./steps.ts";

type PresignStep = Extract<Operation, { op: "presign" }>;

const NOTHING: Expectation = { changes: "nothing", after: new Map(), sources: new Map(), refusals: [] };

/** Has a URL signed, and uses it. */
export async function performPresigned(
  { name, method, ...content }: PresignStep,
  { cci, calm }: Performance,
): Promise<unknown> {
  const url = await cci.presign(name, { method });
  // The request is not ours: nobody makes it again.
  await calm();
  const response = await fetch(url, { method, body: method === "PUT" ? bytesOf(content) : undefined });
  const body = await response.bytes();
  if (response.status === 404) throw new NotFoundError("there is none", { key: name, committed: "no" });
  assert(
    response.ok,
    `${method} of a URL that was signed for it: ${response.status} ${new TextDecoder().decode(body)}`,
  );
  if (method === "GET") return body;
  return method === "HEAD" ? Number(response.headers.get("content-length")) : undefined;
}

/** What must come of it. */
export function presignExpectation(
  { name, method, ...content }: PresignStep,
  state: State,
  { prefix, presigns }: { readonly prefix: string; readonly presigns: boolean },
): Expectation {
  if (!presigns) return { ...NOTHING, refusals: ["UnsupportedError"] };
  const key = prefix + name;
  const there = state.get(key);
  switch (method) {
    case "GET":
    case "HEAD":
      if (!there) return { ...NOTHING, refusals: ["NotFoundError"] };
      return { ...NOTHING, answer: canonical(method === "GET" ? there.bytes : there.bytes.length) };
    case "PUT":
      return { ...NOTHING, changes: "one", after: new Map([[key, [stored(bytesOf(content), {})]]]) };
    case "DELETE":
      return { ...NOTHING, changes: "one", after: new Map(there ? [[key, [undefined]]] : []) };
  }
}
