/**
 * The options that every command takes.
 *
 * @module
 */
import { flag, type OptionSpecs, type OptionValues, value, values } from "./command.ts";
import { LOG_LEVELS, type LogLevel, UsageError } from "./report.ts";

/** The options that every command takes. */
export const GLOBAL_OPTIONS = {
  endpoint: value("--endpoint <url>", "address of the S3 server", String),
  region: value("--region <name>", "region of the bucket", String),
  profile: value("--profile <name>", "profile of ~/.aws whose keys and settings count", String),
  anonymous: flag("--anonymous", "send S3 requests unsigned, for public buckets"),
  listing: value("--listing <kind>", "how an https:// server lists: s3 or autoindex", listingKind),
  keyFile: value(
    "--key-file <file>",
    "encrypt and decrypt what URLs name with this AES, RSA or age key",
    String,
  ),
  recipients: values("--recipient <key>", "encrypt for age1… or a file of public keys; repeatable", String),
  passphraseFile: value("--passphrase-file <file>", "file whose first line is the passphrase", String),
  passphrase: flag("--passphrase", "encrypt with a passphrase, which is asked for"),
  json: flag("--json", "tell everything as JSON, an object a line"),
  quiet: flag("-q, --quiet", "tell results and errors only"),
  logLevel: value(
    "--log-level <level>",
    `how much to tell: ${LOG_LEVELS.join(", ")} (default: info)`,
    logLevel,
  ),
  noColor: flag("--no-color", "no colours"),
} satisfies OptionSpecs;

/** What was given of them. */
export type GlobalValues = OptionValues<typeof GLOBAL_OPTIONS>;

function listingKind(text: string): "s3" | "autoindex" {
  if (text === "s3" || text === "autoindex") return text;
  throw new UsageError("write s3 or autoindex");
}

function logLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((each) => each === text);
  if (level !== undefined) return level;
  throw new UsageError(`write one of ${LOG_LEVELS.join(", ")}`);
}
