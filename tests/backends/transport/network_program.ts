/** Reads and writes at a store whose address is given, and says what came of it. */
import { backendOf, operationsOf } from "./network.ts";

const [store, endpoint, credentials] = Deno.args;
if (!store || !endpoint || !credentials) throw new Error("network_program.ts STORE ENDPOINT CREDENTIALS");
const backend = backendOf(store, endpoint, JSON.parse(credentials), {});
for (const [what, work] of operationsOf(backend)) {
  // deno-lint-ignore no-console -- the answer to the test
  console.log(what, await work().then(() => "done", (error) => `${error.name}: ${error.message}`));
}
