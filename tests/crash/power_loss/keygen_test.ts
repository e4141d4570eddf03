/** A new key that a user was told of is there when the power goes: what it encrypts is lost without it. */
import { assertEquals } from "@std/assert";
import { platformFiles } from "../../../lib/file_access.ts";
import { generator } from "../../array/random.ts";
import { cli } from "../../cli/run.ts";
import { realFiles, useFiles } from "../file_system.ts";
import { filesBelow } from "../place.ts";
import { Disk } from "./disk.ts";
import { diskFiles } from "./disk_files.ts";
import { losses } from "./losses.ts";

Deno.test("the power goes: a key that was told as made is there", async () => {
  try {
    const empty = Disk.empty();
    useFiles(diskFiles(empty));
    await platformFiles().makeDirectory("/keys", true);
    const before = empty.settled();
    const disk = before.settled();
    useFiles(diskFiles(disk));
    const { code, err } = await cli(["keygen", "aes", "/keys/lab.key"]);
    assertEquals(code, 0, err);
    const made = (await filesBelow("/keys")).get("lab.key");
    disk.do({ kind: "told", what: "all" });

    let afterwards = 0;
    for (const loss of losses(before, [...disk.log], { random: generator(1), samples: 4, atMost: 200 })) {
      if (loss.told.length === 0) continue;
      afterwards++;
      useFiles(diskFiles(loss.disk));
      assertEquals((await filesBelow("/keys")).get("lab.key"), made, loss.story);
    }
    assertEquals(afterwards > 0, true);
  } finally {
    useFiles(realFiles);
  }
});
