/** Run by network_test.ts in a process of its own: asks for the credentials of the role that the profile names, and prints the key's id. */
import { credentialChain } from "../../../backends/s3/mod.ts";

// deno-lint-ignore no-console -- the answer to the test
console.log((await credentialChain()()).accessKeyId);
