/** Conditional requests: RFC 9110 section 13 as S3 has it, on reads, writes and copies. */
import type { Call } from "./call.ts";
import { s3Error } from "./error.ts";
import type { StoredObject } from "./store.ts";

function matches(list: string, object: StoredObject): boolean {
  return list.split(",").map((tag) => tag.trim().replace(/^W\//, "").replace(/^"(.*)"$/, "$1"))
    .some((tag) => tag === "*" || tag === object.etag);
}

/** Whole seconds, as HTTP dates have. */
const seconds = (date: Date) => Math.floor(date.getTime() / 1000);
function parseDate(value: string | undefined): number | undefined {
  const time = Date.parse(value ?? "");
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}

const failed = (condition: string) =>
  s3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", {
    Condition: condition,
  });

/** Conditions of GetObject and HeadObject: throws 412; true means 304. */
export function isNotModified(call: Call, object: StoredObject): boolean {
  return readCondition(call, object, "") === "304";
}

/** Conditions on the source of a copy: throws 412. */
export function checkSource(call: Call, source: StoredObject): void {
  if (readCondition(call, source, "x-amz-copy-source-")) throw failed("x-amz-copy-source-If-None-Match");
}

function readCondition(call: Call, object: StoredObject, prefix: string): "304" | undefined {
  const ifMatch = call.header(prefix + "if-match"), ifNoneMatch = call.header(prefix + "if-none-match");
  const since = parseDate(call.header(prefix + "if-modified-since"));
  const unmodified = parseDate(call.header(prefix + "if-unmodified-since"));
  const modified = seconds(object.lastModified);
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object)) throw failed(prefix + "If-Match");
  } else if (unmodified !== undefined && modified > unmodified) throw failed(prefix + "If-Unmodified-Since");
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, object) ? "304" : undefined;
  return since !== undefined && modified <= since ? "304" : undefined;
}

/** If-Range: whether the Range counts. */
export function rangeHolds(call: Call, object: StoredObject): boolean {
  const value = call.header("if-range");
  if (value === undefined) return true;
  if (value.startsWith('"')) return value === `"${object.etag}"`;
  return parseDate(value) === seconds(object.lastModified);
}

/** Conditions of a write: throws 412, 404 or 501. To be asked in the same turn in which the write takes effect. */
export function checkWrite(call: Call, current: StoredObject | undefined): void {
  const ifMatch = call.header("if-match"), ifNoneMatch = call.header("if-none-match");
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  if (call.features.conditionalPut === "overlooked") return;
  if (!call.features.conditionalPut || (ifNoneMatch !== undefined && ifNoneMatch.trim() !== "*")) {
    throw s3Error("NotImplemented", "A header you provided implies functionality that is not implemented", {
      Header: ifMatch === undefined ? "If-None-Match" : "If-Match",
    });
  }
  if (ifNoneMatch !== undefined && current) throw failed("If-None-Match");
  if (ifMatch !== undefined) {
    if (!current) throw s3Error("NoSuchKey", "The specified key does not exist.", { Key: call.key });
    if (!matches(ifMatch, current)) throw failed("If-Match");
  }
}

/** The condition of a delete: throws 412, 404 or 501. */
export function checkDelete(
  call: Call,
  key: string,
  etag: string | undefined,
  current: StoredObject | undefined,
): void {
  if (etag === undefined) return;
  if (!call.features.conditionalDelete) {
    throw s3Error("NotImplemented", "A header you provided implies functionality that is not implemented", {
      Header: "If-Match",
    });
  }
  if (!current) throw s3Error("NoSuchKey", "The specified key does not exist.", { Key: key });
  if (!matches(etag, current)) throw failed("If-Match");
}
