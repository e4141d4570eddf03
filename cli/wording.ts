/**
 * The library's words for what to do, as whoever types commands does it.
 *
 * @module
 */

/** What errors and warnings of the library say, and what is said here instead. A test makes each. */
const WORDS: readonly (readonly [said: RegExp, instead: string])[] = [
  [/: make it, or open it with \{ create: true \} \(the interface's createBucket\)/, ""],
  [/pass allowEmptySource: true if/, "give --allow-empty-source if"],
  [/\bmaxDelete\b/, "--max-delete"],
  [/Pass `credentials`, set (.*), or use "anonymous" for/, "Set $1, give --profile, or --anonymous for"],
  [/`deno task gdrive:login` \(elsewhere `[^`]*`\)/, "`cottoncandy login`"],
  [/ Or give `credentials`: a path, its parsed JSON, or a function that gives access tokens\./, ""],
  [/, pass a Backend, or register one/, " or a path"],
  [/ \(the option `binding` helps\)/, ""],
  [/Allow overwriting, or choose/, "Leave out --no-clobber, or choose"],
  [
    /: the same call goes on there, and abortUploads\(\{ resume, olderThan \}\) ends it/,
    ": run it again to go on there; `cottoncandy uploads --abort` ends it",
  ],
  [/abortUploads\(\{ olderThan \}\) ends the upload/, "`cottoncandy uploads --abort` ends the upload"],
  [/: the same call goes on there/, ": run it again to go on there"],
  [/; open a LocalBackend where it leads/, ": name what it leads to"],
  [
    /say which: `listing: "autoindex"` for the pages of directories, "s3" for a public bucket, or \{ json: url \} for a list of names;/,
    "say which: --listing autoindex for the pages of directories, --listing s3 for a public bucket;",
  ],
];

/** An error's or warning's message in the words of the command line. */
export function reworded(message: string): string {
  return WORDS.reduce((text, [said, instead]) => text.replace(said, instead), message);
}
