/**
 * Run by credentials_test.ts in a process of its own, since it changes the environment. Opens what each scenario says, and prints as JSON what requests would
 * be signed with and where they would go.
 */
import { CottonCandyError } from "../../lib/errors.ts";
import { getInterface, type InterfaceOptions } from "../../lib/open/mod.ts";

/** One opening. */
export interface Scenario {
  readonly env?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly options?: InterfaceOptions;
}

/** What came of it. */
export interface Outcome {
  readonly key?: string;
  readonly secret?: string;
  readonly token?: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly bucket?: string;
  /** The code and message of what was thrown. */
  readonly error?: string;
  readonly warnings?: readonly string[];
}

async function probe({ env = {}, target, options }: Scenario): Promise<Outcome> {
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
  const warnings: string[] = [];
  try {
    const { backend } = await getInterface(target, {
      ...options,
      onWarning: ({ kind, message }) => warnings.push(`${kind}: ${message}`),
    });
    // Loaded by now: what can't load it is to be seen above.
    const { S3Backend } = await import("../../backends/s3/mod.ts");
    if (!(backend instanceof S3Backend)) throw new Error("not S3");
    const { config } = await backend.loadClient();
    const { accessKeyId, secretAccessKey, sessionToken } = await config.credentials();
    const endpoint = await config.endpoint?.();
    return {
      key: accessKeyId,
      secret: secretAccessKey,
      token: sessionToken,
      region: await config.region(),
      endpoint: endpoint &&
        `${endpoint.protocol}//${endpoint.hostname}${endpoint.port ? `:${endpoint.port}` : ""}`,
      bucket: backend.bucket,
      ...(warnings.length > 0 ? { warnings } : {}),
    };
  } catch (error) {
    return {
      error: error instanceof CottonCandyError ? `${error.code}: ${error.message}` : String(error),
    };
  } finally {
    for (const name of Object.keys(env)) Deno.env.delete(name);
  }
}

if (import.meta.main) {
  const scenarios: Scenario[] = JSON.parse(Deno.args[0]);
  const outcomes: Outcome[] = [];
  for (const scenario of scenarios) outcomes.push(await probe(scenario));
  // deno-lint-ignore no-console -- the answer to the test
  console.log(JSON.stringify(outcomes));
}
