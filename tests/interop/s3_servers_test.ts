// The S3 backend and Python beside each other, on each server that answers. What the servers keep of the contract is held in tests/foreign.
import { assert, assertEquals } from "@std/assert";
import { S3Backend } from "../../backends/s3/mod.ts";
import { getInterface } from "../../mod.ts";
import { everyDtype, everyShape, ours } from "./arrays.ts";
import { each } from "./each.ts";
import { Reference } from "./reference.ts";
import { runningServers } from "./servers.ts";

const servers = await runningServers();

Deno.test("a server to run against", () => {
  assert(servers.length > 0, 'no S3 server answers: "deno task test:interop" starts them');
});

for (const server of servers) {
  const bucket = `python-${Deno.pid}-${Date.now()}`;
  // Python's cottoncandy gives each object an ACL that Swift answers 501 to.
  const ignore = server.name === "swift";
  Deno.test(
    `S3 on ${server.name}: arrays and their metadata go between Python and here`,
    { ignore },
    async () => {
      const { endpoint, accessKeyId, secretAccessKey } = server;
      const backend = new S3Backend({ bucket, endpoint, credentials: server, conditionalWrites: true });
      await backend.buckets.create(bucket);
      const cci = await getInterface(backend);
      const store = { backend: "s3", bucket, endpoint, accessKeyId, secretAccessKey } as const;
      await using python = new Reference("current");
      const metadata = { subject: "sub01", "repetition-time": "2.0", json: '{"a": [1, 2]}', empty: "" };
      await each([...everyDtype, ...everyShape], ({ name }) => name, async (array) => {
        const { metadata: written } = await cci.uploadRawArray(`ours/${array.name}`, ours(array, "C"), {
          metadata,
        });
        const { dtype, shape, bytes } = await python.downloadRaw(store, `ours/${array.name}`);
        assertEquals([dtype, shape, bytes.toHex()], [array.dtype, array.shape, array.bytes.toHex()]);
        assertEquals({ ...(await cci.getObject(`ours/${array.name}`)).metadata }, {
          ...written,
          ...metadata,
        });
        await python.uploadRaw(store, `python/${array.name}`, { ...array, dtype: array.descr }, {
          compression: "Zstd",
          metadata,
        });
        const read = await cci.downloadRawArray(`python/${array.name}`);
        assertEquals([read.dtype, read.shape, read.toBytes().toHex()], [dtype, shape, bytes.toHex()]);
        assertEquals((await cci.getObject(`python/${array.name}`)).metadata["json"], metadata.json);
      });
    },
  );
}
