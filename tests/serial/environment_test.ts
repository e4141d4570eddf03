// What the process's environment says. In a process of its own: all tests of a process share it.
import { assertEquals, assertRejects } from "@std/assert";
import { usesEndpointVariant } from "../../backends/s3/credentials.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { getInterface } from "../../lib/open/mod.ts";
import { inDirectory, tree } from "../backends/local/directory.ts";
import { startS3 } from "../servers/s3.ts";

Deno.test("mandatory_bucket_prefix of options.cfg holds for buckets that are made", async () => {
  await inDirectory(async (directory) => {
    const s3 = await startS3({ buckets: ["bucket"] });
    try {
      await Deno.mkdir(`${directory}/cottoncandy`);
      await Deno.writeTextFile(
        `${directory}/cottoncandy/options.cfg`,
        `[login]\naccess_key = ${s3.credentials.accessKeyId}\nsecret_key = ${
          s3.credentials.secretAccessKey.replaceAll("%", "%%")
        }\nendpoint_url = ${s3.endpoint}\n[basic]\ndefault_bucket = bucket\nmandatory_bucket_prefix = ada-\n`,
      );
      await withVariables(
        { XDG_CONFIG_HOME: directory, HOME: directory, AWS_EC2_METADATA_DISABLED: "true" },
        async () => {
          const cci = await getInterface();
          assertEquals(cci.bucketName, "bucket");
          await cci.uploadJson("a", 1);
          await assertRejects(() => cci.createBucket("other"), InvalidArgumentError, '"ada-"');
          await cci.createBucket("ada-brains");
          await assertRejects(
            () => getInterface("other", { createBucket: true }),
            InvalidArgumentError,
            '"ada-"',
          );
          const made = await getInterface("ada-minds", { createBucket: true });
          assertEquals((await made.listBuckets()).map(({ name }) => name), [
            "ada-brains",
            "ada-minds",
            "bucket",
          ]);
          for (const { backend } of [cci, made]) if (backend instanceof S3Backend) backend.close();
        },
      );
      assertEquals(await tree(directory), ["cottoncandy/options.cfg"], "nothing is written");
    } finally {
      await s3.shutdown();
    }
  });
});

/** Runs `work` with other environment variables, and without those that name credentials. */
async function withVariables(
  variables: Readonly<Record<string, string>>,
  work: () => Promise<void>,
): Promise<void> {
  const names = [
    ...Object.keys(Deno.env.toObject()).filter((name) => name.startsWith("AWS_")),
    ...Object.keys(variables),
  ];
  const before = new Map(names.map((name) => [name, Deno.env.get(name)]));
  for (const name of names) Deno.env.delete(name);
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

Deno.test("FIPS and dual-stack endpoints are seen where the environment or the profile asks for them", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/.aws`);
    await Deno.writeTextFile(
      `${directory}/.aws/config`,
      "[default]\nregion = us-east-1\nuse_fips_endpoint = false\n[profile gov]\nuse_dualstack_endpoint = True\n",
    );
    const endpoint = "https://s3.example.org";
    const asked = async (variables: Record<string, string>) => {
      let seen: boolean[] = [];
      await withVariables({ HOME: directory, ...variables }, async () => {
        seen = [await usesEndpointVariant(undefined), await usesEndpointVariant(endpoint)];
      });
      return seen;
    };
    assertEquals(await asked({}), [false, false]);
    // What a profile says is of Amazon's own endpoints.
    assertEquals(await asked({ AWS_PROFILE: "gov" }), [true, false]);
    assertEquals(await asked({ AWS_USE_FIPS_ENDPOINT: "true" }), [true, true]);
    assertEquals(await asked({ AWS_USE_DUALSTACK_ENDPOINT: "false" }), [false, false]);
  });
});

Deno.test("an endpoint that the environment names is that of all requests", async () => {
  await using s3 = await startS3({ buckets: ["bucket"] });
  await withVariables({ AWS_ENDPOINT_URL_S3: s3.endpoint }, async () => {
    const backend = new S3Backend({
      bucket: "bucket",
      forcePathStyle: true,
      credentials: s3.credentials,
      retries: 1,
      timeout: { connect: 2000 },
    });
    await backend.put("key", new Uint8Array(3));
    assertEquals((await backend.head("key"))?.size, 3);
    const listed = await Array.fromAsync(backend.list());
    assertEquals(listed.length, 1);
    backend.close();
  });
});
