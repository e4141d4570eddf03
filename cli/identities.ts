/**
 * What things are, in a few words: kind, dtype, shape and codec of arrays.
 *
 * @module
 */
import { AccessDeniedError, NotFoundError } from "../lib/errors.ts";
import type { Field } from "../lib/array/mod.ts";
import type { Identity } from "../lib/stored_arrays/identify/mod.ts";
import type { Backend, RequestOptions } from "../backends/backend.ts";
import type { JsonRecord } from "./report.ts";

/** What is at a key; `undefined` where it can't be told, since it is gone or may not be read. */
export async function identityOf(
  backend: Backend,
  key: string,
  options: RequestOptions,
): Promise<Identity | undefined> {
  const { identify } = await import("../lib/stored_arrays/identify/mod.ts");
  try {
    return await identify(backend, key, options);
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof AccessDeniedError) return undefined;
    throw error;
  }
}

/** An identity in a line: `"raw <f4 (3, 4) Zstd"`; `""` of what is no array, and needs no words. */
export function describeIdentity(identity: Identity | undefined): string {
  if (identity === undefined) return "";
  switch (identity.kind) {
    case "folder":
    case "bytes":
    case "text":
    case "json":
    case "image":
      return "";
    case "pickle":
      return "pickle";
    case "zarr-group":
      return "zarr group";
    case "npz":
      return `npz ${identity.names.join(", ")}`;
    default: {
      const { kind, shape, codec } = identity;
      const dtype = dtypeOf(identity);
      const axes = shape && `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
      return [kind, dtype, axes, codec || undefined].filter((part) => part !== undefined).join(" ");
    }
  }
}

/** A dtype in a line: of structures what they hold, `"{id: <i4, x: <f8}"`. */
export function dtypeOf(identity: Identity): string | undefined {
  if (!("dtype" in identity)) return undefined;
  return "fields" in identity ? dtypeText(identity.dtype, identity.fields) : identity.dtype;
}

function dtypeText(dtype: string | undefined, fields: readonly Field[] | undefined): string | undefined {
  if (fields === undefined) return dtype;
  const told = fields.map(({ name, dtype, shape, fields }) => {
    const each = shape !== undefined && shape.length > 0 ? ` (${shape.join(", ")})` : "";
    return `${name}: ${dtypeText(dtype, fields)}${each}`;
  });
  return `{${told.join(", ")}}`;
}

/** What `--json` has of an identity, beside what it has of the object. */
export function identityRecord(identity: Identity | undefined): JsonRecord {
  if (identity === undefined) return {};
  const { key: _key, ...told } = identity;
  if (!("metadata" in told)) return told;
  const {
    size: _size,
    lastModified: _modified,
    etag: _etag,
    metadata: _metadata,
    contentType: _type,
    ...rest
  } = told;
  return rest;
}
