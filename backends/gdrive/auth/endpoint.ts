import { InvalidArgumentError } from "../../../lib/errors.ts";

/** This machine's own names: what is sent there leaves it by no network. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether an address is this machine's own, and of plain HTTP. */
export function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && LOOPBACK.test(hostname);
}

/**
 * An address that secrets are sent to.
 *
 * @param field Which field of a file it stands in, for messages; what it says is not shown.
 * @throws {InvalidArgumentError} unless it is `https:`, or `http:` on this machine.
 */
export function secretsEndpoint(address: string, field: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const { username = "", password = "" } = url ?? {};
  if (url && username === "" && password === "" && (url.protocol === "https:" || isLoopback(url))) return url;
  throw new InvalidArgumentError(
    `\`${field}\` must be an https: address, or http: on this machine: secrets are sent there. Google's own is used where the field is left out.`,
  );
}
