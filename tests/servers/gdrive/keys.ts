/** The service account and the installed app, as the files say that Google gives out. */
import { generateKeyPair, randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { CLIENT_ID } from "./account.ts";

/** The key file of a service account. */
export interface ServiceAccount {
  readonly type: "service_account";
  readonly project_id: string;
  readonly private_key_id: string;
  /** PKCS #8 in PEM. */
  readonly private_key: string;
  readonly client_email: string;
  readonly client_id: string;
  readonly auth_uri: string;
  readonly token_uri: string;
  readonly universe_domain: string;
}

/** The client secrets of an installed app. */
export interface ClientSecrets {
  readonly installed: {
    readonly client_id: string;
    readonly project_id: string;
    readonly client_secret: string;
    readonly auth_uri: string;
    readonly token_uri: string;
    readonly redirect_uris: readonly string[];
  };
}

/** A pair of RSA keys in PEM. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

const PROJECT = "stand-in";
let pair: Promise<KeyPair> | undefined;

/** The keys, made once a process: that takes a while. */
export function keyPair(): Promise<KeyPair> {
  return pair ??= promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

/** The key file. */
export function makeServiceAccount(privateKey: string, authUrl: string, tokenUrl: string): ServiceAccount {
  return {
    type: "service_account",
    project_id: PROJECT,
    private_key_id: randomUUID().replaceAll("-", ""),
    private_key: privateKey,
    client_email: `robot@${PROJECT}.iam.gserviceaccount.com`,
    client_id: "114242424242424242424",
    auth_uri: authUrl,
    token_uri: tokenUrl,
    universe_domain: "googleapis.com",
  };
}

/** The client secrets. */
export function makeClientSecrets(authUrl: string, tokenUrl: string): ClientSecrets {
  return {
    installed: {
      client_id: CLIENT_ID,
      project_id: PROJECT,
      client_secret: "GOCSPX-stand-in",
      auth_uri: authUrl,
      token_uri: tokenUrl,
      redirect_uris: ["http://localhost"],
    },
  };
}
