/** One request on its way through an operation. */
import type { Reply } from "../http/reply.ts";
import type { Principal } from "./account.ts";
import type { FaultAction } from "./fault.ts";
import { applyMask, type Mask, parseFields } from "./fields.ts";
import type { Json } from "./json.ts";
import type { Settings } from "./options.ts";
import type { PageTokens } from "./pages.ts";
import type { Parameters } from "./parameters.ts";
import { parameterError } from "./error.ts";
import type { Target } from "./route.ts";
import type { Resource } from "./schema.ts";
import type { Sessions } from "./sessions.ts";
import type { DriveStore } from "./store.ts";

/** A request of a known caller. */
export interface Call extends Target {
  readonly parameters: Parameters;
  /** A header's value; several lines are joined. */
  header(name: string): string | undefined;
  readonly body: Uint8Array;
  readonly principal: Principal;
  readonly store: DriveStore;
  readonly sessions: Sessions;
  readonly pages: PageTokens;
  readonly settings: Settings;
  /** Where the server is, as the client calls it. */
  readonly origin: string;
  readonly faults: readonly FaultAction[];
  readonly now: Date;
}

/** The fields that a request asks for. */
export function requestedFields(parameters: Parameters, { schema, defaults }: Resource): Mask {
  const text = parameters.text("fields");
  if (text === "") throw parameterError("invalidParameter", "fields", "Invalid field selection ");
  return parseFields(text ?? defaults, schema);
}

/** An answer of JSON. */
export function jsonReply(value: Json): Reply {
  return {
    status: 200,
    headers: { "content-type": "application/json; charset=UTF-8" },
    body: [new TextEncoder().encode(JSON.stringify(value, null, 1) + "\n")],
  };
}

/** An answer of JSON with the fields that were asked for. */
export function resourceReply(call: Call, resource: Resource, value: Json): Reply {
  return jsonReply(applyMask(value, requestedFields(call.parameters, resource)));
}
