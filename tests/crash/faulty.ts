/** Writes that no store should make: what looks for faults must find each. */
import { platformFiles } from "../../lib/file_access.ts";
import { writeFile } from "./place.ts";
import type { Write } from "./write.ts";

const text = (words: string) => new TextEncoder().encode(words.repeat(40));

/** What each must be found out by, and how it is written. */
export const FAULTY: readonly (Write & { readonly sign: string })[] = [
  {
    name: "faulty: an object written in its place",
    sign: "object notes: was absent",
    async run({ store }) {
      const file = await platformFiles().create(`${store.bucket}/notes`);
      const bytes = text("half");
      await file.write(bytes.subarray(0, 80), 0);
      await file.write(bytes.subarray(80), 80);
      await file.close();
    },
  },
  {
    name: "faulty: told before it is done",
    sign: "object notes: was absent",
    async run({ cci }, tell) {
      tell("object notes");
      await cci.uploadObject("notes", text("late"));
    },
  },
  {
    name: "faulty: moved by what deletes first",
    sign: "lost: ",
    keeps: true,
    prepare: ({ cci }) => cci.uploadObject("from", text("only here")),
    async run({ cci }) {
      const bytes = await cci.downloadObject("from");
      await cci.rm("from");
      await cci.uploadObject("to", bytes);
    },
  },
  {
    name: "faulty: what is left behind",
    sign: "file unknown.tmp: was absent",
    async run(place) {
      await writeFile(place, "unknown.tmp", text("nobody removes it"));
      await platformFiles().unlink(`${place.files}/unknown.tmp`);
    },
  },
];
