/**
 * The package that Arrow's own memory and files are the business of: an optional peer of this one.
 *
 * @module
 */
import { UnsupportedError } from "../../errors.ts";

/** `npm:apache-arrow`, as it is imported. */
export type Library = typeof import("apache-arrow");

/** The name of the extension type of tensors, and the keys of a field's metadata that extension types are told by. */
export const TENSOR = "arrow.fixed_shape_tensor";
export const EXTENSION_NAME = "ARROW:extension:name";
export const EXTENSION_METADATA = "ARROW:extension:metadata";

/**
 * Loads the package.
 *
 * @throws {UnsupportedError} when it isn't installed.
 */
export async function loadLibrary(): Promise<Library> {
  try {
    return await import("apache-arrow");
  } catch (cause) {
    throw new UnsupportedError(
      "Arrow needs the package apache-arrow, which can't be loaded: install it beside this one (npm install apache-arrow@21)",
      { cause },
    );
  }
}
