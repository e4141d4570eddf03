/** Stores, reads, looks up and lists single objects, and deletes one, with the options of its first argument; prints what came of it. Run with few permissions. */
import { S3Backend } from "../../../backends/s3/mod.ts";

const backend = new S3Backend(JSON.parse(Deno.args[0]));
await backend.put("key", new Uint8Array(1000).fill(7));
await backend.put("key", new Blob([new Uint8Array(2000).fill(8)]).stream());
const bytes = await (await backend.open("key", { parallel: true })).read();
const [head, missing] = [await backend.head("key"), await backend.head("none")];
const listed = await Array.fromAsync(backend.list(), (entry) => "key" in entry ? entry.key : "");
const deleted = await Array.fromAsync(backend.delete(["key"])).catch((error) => error.message);
backend.close();
// deno-lint-ignore no-console -- what the test reads
console.log(JSON.stringify([bytes.length, bytes[1999], head?.size, missing === undefined, listed, deleted]));
