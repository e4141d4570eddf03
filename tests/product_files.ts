const root = new URL("../", import.meta.url);

/** The product's TypeScript files, by their paths from the root; or those of a folder, named with its slash. */
export async function productFiles(path = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(new URL(path || ".", root))) {
    const inner = path + entry.name;
    if (entry.isDirectory && (path !== "" || /^(lib|backends|codecs|crypto|testing|cli)$/.test(entry.name))) {
      found.push(...await productFiles(`${inner}/`));
    } else if (entry.isFile && entry.name.endsWith(".ts") && (path !== "" || entry.name === "mod.ts")) {
      found.push(inner);
    }
  }
  return found.sort();
}
