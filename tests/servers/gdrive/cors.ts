/** What web pages may see and do. */

/** Headers of answers that pages are shown. */
export const EXPOSED: readonly string[] = [
  "accept-ranges",
  "content-disposition",
  "content-length",
  "content-range",
  "date",
  "location",
  "range",
  "retry-after",
  "www-authenticate",
  "x-guploader-uploadid",
];

/** The methods that they may use. */
export const METHODS = "GET, POST, PUT, PATCH, DELETE";
