/**
 * Programs that others wrote in Java, fetched by Maven from its repository, once.
 *
 * @module
 */
import { cachedFile, cachedFolder, fillOnce, runQuietly } from "../../bench/program_cache.ts";

/** A jar that holds a whole program. */
export interface JavaProgram {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  /** Which of the artifact's jars is whole. */
  readonly classifier: string;
}

/** What copies one artifact; pinned, so that the same is run everywhere. */
const COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";

/** Fetches a jar where it hasn't been fetched, in this version; gives its path. */
export async function javaProgram(program: JavaProgram): Promise<string> {
  const { name, group, version, classifier } = program;
  return await fillOnce(cachedFolder(name, version), jarOf(program), async (work) => {
    const artifact = `-Dartifact=${group}:${name}:${version}:jar:${classifier}`;
    await runQuietly("mvn", ["-B", "-q", COPY, artifact, "-DoutputDirectory=."], { cwd: work });
  });
}

/** The path of a jar where it has been fetched. */
export async function fetchedProgram(program: JavaProgram): Promise<string | undefined> {
  return await cachedFile(cachedFolder(program.name, program.version), jarOf(program));
}

function jarOf({ name, version, classifier }: JavaProgram): string {
  return `${name}-${version}-${classifier}.jar`;
}
