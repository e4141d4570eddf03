import { GetObjectCommand, PutBucketCorsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import {
  expect,
  get,
  mustRefuse,
  type Place,
  probeClient,
  type ProbeGroup,
  put,
  withHeaders,
} from "./probe.ts";

/** What a plain request answers. */
async function answer(
  url: string,
  init?: RequestInit,
): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(url, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

const refused = (status: number, otherwise = `${status}`) =>
  status === 403 ? "yes" : status >= 400 ? `no: ${status}` : `wrong: ${otherwise}`;

const read = ({ client, bucket, key }: Place, options: Parameters<typeof getSignedUrl>[2] = {}) =>
  getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key("a") }), options);

const url = ({ access, bucket, key }: Place, name: string) => `${access.endpoint}/${bucket}/${key(name)}`;

/** Who may ask. */
export const access: ProbeGroup = {
  title: "Signatures, presigned URLs, browsers",
  probes: [
    {
      asks: "a wrong secret is refused",
      find: async (at) => {
        const client = probeClient({ ...at.access, secretAccessKey: "wrong" });
        try {
          return await mustRefuse(() => put({ ...at, client }, "a"), [403], "stored");
        } finally {
          client.destroy();
        }
      },
    },
    {
      asks: "no signature at all is refused",
      find: async (at) => {
        await put(at, "a");
        return refused((await answer(url(at, "a"))).status, "read");
      },
    },
    {
      asks: "a body that isn't the one that was signed is refused",
      find: async (at) => {
        const command = new PutObjectCommand({ Bucket: at.bucket, Key: at.key("a"), Body: "123456789" });
        withHeaders(command, { "x-amz-content-sha256": "0".repeat(64) });
        return await mustRefuse(() => at.client.send(command), [400], "stored");
      },
    },
    {
      asks: "a URL to read by",
      find: async (at) => {
        await put(at, "a", "presigned");
        const { status, text } = await answer(await read(at, { expiresIn: 60 }));
        return status >= 400 ? `no: ${status}` : expect(text === "presigned", "other bytes");
      },
    },
    {
      asks: "a URL to store by",
      find: async (at) => {
        const command = new PutObjectCommand({ Bucket: at.bucket, Key: at.key("a") });
        const target = await getSignedUrl(at.client, command, { expiresIn: 60 });
        const { status } = await answer(target, { method: "PUT", body: "presigned" });
        return status >= 400 ? `no: ${status}` : expect(await get(at, "a") === "presigned", "other bytes");
      },
    },
    {
      asks: "a URL whose time is over is refused",
      find: async (at) => {
        await put(at, "a");
        const signingDate = new Date(Date.now() - 3_600_000);
        return refused((await answer(await read(at, { expiresIn: 60, signingDate }))).status, "read");
      },
    },
    {
      asks: "a URL with another signature is refused",
      find: async (at) => {
        await put(at, "a");
        const target = (await read(at)).replace(/(X-Amz-Signature=)[0-9a-f]+/, `$1${"0".repeat(64)}`);
        return refused((await answer(target)).status, "read");
      },
    },
    {
      asks: "a page may ask, as the bucket's CORS rules say",
      find: async (at) => {
        const CORSRules = [{
          AllowedOrigins: ["https://lab.example"],
          AllowedMethods: ["GET", "PUT"],
          AllowedHeaders: ["*"],
          ExposeHeaders: ["ETag"],
        }];
        await at.client.send(
          new PutBucketCorsCommand({ Bucket: at.bucket, CORSConfiguration: { CORSRules } }),
        );
        const ask = async (origin: string) => {
          const { headers } = await answer(url(at, "a"), {
            method: "OPTIONS",
            headers: { origin, "access-control-request-method": "PUT" },
          });
          return headers.get("access-control-allow-origin");
        };
        const allowed = await ask("https://lab.example");
        if (allowed === null) return "wrong: the page is refused";
        return expect(await ask("https://other.example") === null, "any page may");
      },
    },
    {
      asks: "a page may ask, of a server as it comes",
      find: async (at) => {
        const { headers } = await answer(url(at, "a"), {
          method: "OPTIONS",
          headers: { origin: "https://lab.example", "access-control-request-method": "GET" },
        });
        return headers.get("access-control-allow-origin") === null ? "no" : "yes";
      },
    },
  ],
};
