/** The version of deno.json, which Node 20 can't import without complaining; a test holds them together. */
export const VERSION = "0.1.0";
