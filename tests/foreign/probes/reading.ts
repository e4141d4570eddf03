import { GetObjectCommand } from "@aws-sdk/client-s3";
import {
  expect,
  get,
  head,
  isThere,
  list,
  mustRefuse,
  type Place,
  type Probe,
  type ProbeGroup,
  put,
} from "./probe.ts";

const DIGITS = "0123456789";

const range = (asks: string, Range: string, text: string, contentRange: string): Probe => ({
  asks,
  find: async (at) => {
    await put(at, "a", DIGITS);
    const answer = await at.client.send(
      new GetObjectCommand({ Bucket: at.bucket, Key: at.key("a"), Range }),
    );
    const got = await answer.Body?.transformToString();
    if (got !== text) return `wrong: ${got}`;
    if (answer.$metadata.httpStatusCode !== 206) return `wrong: status ${answer.$metadata.httpStatusCode}`;
    return expect(answer.ContentRange === contentRange, `content-range ${answer.ContentRange}`);
  },
});

const refusedRange = (asks: string, body: string, Range: string): Probe => ({
  asks,
  find: async (at) => {
    await put(at, "a", body);
    return await mustRefuse(() => get(at, "a", { Range }), [416], "200");
  },
});

const missing = (asks: string, run: (at: Place) => Promise<unknown>): Probe => ({
  asks,
  find: (at) => mustRefuse(() => run(at), [404]),
});

/** Reads. */
export const reading: ProbeGroup = {
  title: "Reads",
  probes: [
    range("a range", "bytes=2-4", "234", "bytes 2-4/10"),
    range("a range without an end", "bytes=7-", "789", "bytes 7-9/10"),
    range("a range that ends behind the object", "bytes=7-99", "789", "bytes 7-9/10"),
    range("the last bytes (a suffix range)", "bytes=-3", "789", "bytes 7-9/10"),
    range("a suffix longer than the object", "bytes=-99", DIGITS, "bytes 0-9/10"),
    refusedRange("a range behind the object: 416", DIGITS, "bytes=10-"),
    refusedRange("a range of an empty object: 416", "", "bytes=0-0"),
    {
      asks: "an empty object",
      find: async (at) => {
        await put(at, "a", "");
        const { ContentLength } = await head(at, "a");
        return expect(ContentLength === 0 && await get(at, "a") === "", "other bytes");
      },
    },
    missing("no such object: 404", (at) => get(at, "none")),
    missing("a range of no such object: 404", (at) => get(at, "none", { Range: "bytes=0-0" })),
    missing(
      "no such bucket: 404",
      async (at) => await get({ ...at, bucket: "there-is-no-such-bucket" }, "a"),
    ),
    {
      asks: "what is behind an object's name is none: `a` and `a/`",
      find: async (at) => {
        await put(at, "a");
        return expect(!await isThere(at, "a/"), "the same");
      },
    },
    {
      asks: "what is before an object's name is none: `a/b` and `a`",
      find: async (at) => {
        await put(at, "a/b");
        return expect(!await isThere(at, "a"), "an object");
      },
    },
    {
      asks: "`response-content-disposition` is obeyed",
      find: async (at) => {
        await put(at, "a");
        const disposition = 'attachment; filename="b"';
        const answer = await at.client.send(
          new GetObjectCommand({
            Bucket: at.bucket,
            Key: at.key("a"),
            ResponseContentDisposition: disposition,
          }),
        );
        await answer.Body?.transformToByteArray();
        const { ContentDisposition: given } = answer;
        return given === undefined ? "no: overlooked" : expect(given === disposition, given);
      },
    },
    {
      asks: "Last-Modified of a list is that of the object, to the second",
      find: async (at) => {
        await put(at, "a");
        const { contents: [{ LastModified: listed } = {}] } = await list(at);
        const { LastModified } = await head(at, "a");
        if (listed === undefined || LastModified === undefined) return "wrong: none";
        return expect(Math.floor(listed.getTime() / 1000) * 1000 === LastModified.getTime(), "another");
      },
    },
    {
      asks: "Last-Modified of a list tells",
      find: async (at) => {
        // Of five, one at least isn't in the first millisecond of its second.
        for (let i = 0; i < 5; i++) await put(at, `${i}`);
        const times = (await list(at)).contents.map(({ LastModified }) => LastModified?.getTime() ?? 0);
        return times.some((time) => time % 1000 !== 0) ? "milliseconds" : "seconds";
      },
    },
  ],
};
