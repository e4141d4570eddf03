/**
 * How servers are reached: through which proxy, and whose certificates are trusted. One answer for all requests, so that what can be read can be written.
 *
 * @module
 */
import { environmentVariable, hasPlatform } from "../../lib/environment.ts";
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { messageOf } from "../../lib/error_context.ts";
import type { ConnectionOptions } from "../options.ts";

/** What is said of the network. */
export type NetworkOptions = Pick<ConnectionOptions, "proxy" | "ca">;

/** Variables as Node's agents take them. */
export interface ProxyVariables {
  /** For `http:` addresses. */
  readonly HTTP_PROXY?: string;
  /** For `https:` addresses, by CONNECT. */
  readonly HTTPS_PROXY?: string;
  /** Hosts that are asked directly. */
  readonly NO_PROXY?: string;
}

/** The first Node whose agents know proxies. */
const NODE_WITH_PROXIES = [24, 5] as const;

/** The way to servers, by what is said and what the environment says. */
export class Network {
  /** Proxies for Node's client; `undefined` where there are none. */
  readonly proxies?: ProxyVariables;
  /** A proxy that only Node's client can be told of: then it makes all requests. */
  readonly #nodeOnly: boolean;
  /** The proxies are such that only `fetch` knows: SOCKS. */
  readonly fetchOnly: boolean;
  readonly #ca: readonly string[];

  /**
   * Reads options and environment.
   *
   * @throws {InvalidArgumentError} when a proxy's address is none.
   * @throws {UnsupportedError} in a browser, which lets nobody choose, and on a Node without proxies.
   */
  constructor({ proxy, ca }: NetworkOptions = {}) {
    if (!hasPlatform() && (proxy !== undefined || ca !== undefined)) {
      throw new UnsupportedError(
        "`proxy` and `ca` are not for a browser: it takes proxies and certificates from its own settings, or the system's",
      );
    }
    this.#ca = ca === undefined ? [] : typeof ca === "string" ? [ca] : ca;
    const given = proxy === undefined ? undefined : proxyUrl(proxy);
    if (proxy !== undefined && given === undefined) {
      throw new InvalidArgumentError(
        '`proxy` is no address of a proxy: give one such as "http://proxy.example.org:3128" (http or https)',
      );
    }
    const named = (name: string) => environmentVariable(name) ?? environmentVariable(name.toUpperCase());
    const all = named("all_proxy");
    const forHttp = proxy ?? named("http_proxy") ?? all;
    const forHttps = proxy ?? named("https_proxy") ?? all;
    const http = proxyUrl(forHttp);
    const https = proxyUrl(forHttps);
    this.fetchOnly = (forHttp !== undefined && !http) || (forHttps !== undefined && !https);
    if (http !== undefined || https !== undefined) {
      this.proxies = { HTTP_PROXY: http, HTTPS_PROXY: https, NO_PROXY: named("no_proxy") };
    }
    // Deno's `fetch` takes proxies from the environment by itself; Node's does not.
    this.#nodeOnly = proxy !== undefined || (this.proxies !== undefined && typeof Deno === "undefined");
    if (this.proxies && !knowsProxies()) {
      throw new UnsupportedError(`proxies need Node ${NODE_WITH_PROXIES.join(".")} or newer, or Deno`);
    }
  }

  /** Whether any request may go through a proxy: that its server can't be reached directly then tells nothing. */
  get proxied(): boolean {
    return this.fetchOnly || this.proxies !== undefined;
  }

  /** Whether a proxy was named that only Node's client knows, or that is to be trusted by certificates which only it knows. */
  get ownProxy(): boolean {
    return this.proxies !== undefined && this.needsNode("https:");
  }

  /**
   * Whether only Node's client can make a request: it alone can be told of a proxy, and of certificates, which count wherever there may be TLS.
   *
   * @param protocol The request's.
   */
  needsNode(protocol: string): boolean {
    return this.#nodeOnly || this.#ca.length > 0 && (protocol === "https:" || this.proxies !== undefined);
  }

  /**
   * The certificates that are trusted beside the usual ones, in PEM.
   *
   * @throws {InvalidArgumentError} when a file of them can't be read, or holds none.
   */
  async certificates(): Promise<string[]> {
    return await Promise.all(this.#ca.map((ca) => isPem(ca) ? ca : readCertificates(ca)));
  }
}

async function readCertificates(path: string): Promise<string> {
  // Pages have no files, and need not carry what reads them.
  const { platformFiles, readFully } = await import("../../lib/file_access.ts");
  const files = platformFiles();
  let text: string;
  try {
    const file = await files.open(await files.realpath(path));
    try {
      const bytes = new Uint8Array((await file.stat()).size);
      text = new TextDecoder().decode(bytes.subarray(0, await readFully(file, bytes, 0)));
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new InvalidArgumentError(
      `the certificates in ${path} (\`ca\`, AWS_CA_BUNDLE) can't be read: ${messageOf(cause)}`,
      { cause, committed: "no" },
    );
  }
  if (isPem(text)) return text;
  throw new InvalidArgumentError(
    `${path} (\`ca\`, AWS_CA_BUNDLE) holds no certificates in PEM, which begin with "-----BEGIN CERTIFICATE-----"`,
    { committed: "no" },
  );
}

function isPem(text: string): boolean {
  return text.includes("-----BEGIN ");
}

/** The address of a proxy that Node's client can use; `undefined` when it is none. */
function proxyUrl(proxy: string | undefined): string | undefined {
  if (proxy === undefined) return undefined;
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) ? url : undefined;
}

function knowsProxies(): boolean {
  const [major = 0, minor = 0] = globalThis.process.versions.node.split(".").map(Number);
  const [least, from] = NODE_WITH_PROXIES;
  return major > least || (major === least && minor >= from);
}
