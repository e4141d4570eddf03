/**
 * Servers that are built or fetched once, and started for each run over an empty directory.
 *
 * @module
 */
import { builtProgram, type GoProgram, goProgram } from "../../bench/go_program.ts";
import { VERSITYGW } from "../../bench/versitygw.ts";
import { RCLONE } from "../../bench/rclone.ts";
import { KEYS, type Launch, launchServer } from "./launch.ts";
import { fetchedProgram, type JavaProgram, javaProgram } from "./maven.ts";
import type { Program } from "./server.ts";

/** rclone's S3 server over a directory, and nothing else of rclone: a tenth of its modules. */
const RCLONE_SERVER: GoProgram = {
  ...RCLONE,
  name: "rclone-serve-s3",
  package: {
    source: `package main

import (
	_ "github.com/rclone/rclone/backend/local"
	"github.com/rclone/rclone/cmd"
	_ "github.com/rclone/rclone/cmd/serve/s3"
)

func main() { cmd.Main() }
`,
  },
};

const MINIO: GoProgram = {
  name: "minio",
  package: "github.com/minio/minio",
  module: "github.com/minio/minio",
  version: "v0.0.0-20260212201848-7aac2a2c5b7c",
};

const S3PROXY: JavaProgram = {
  name: "s3proxy",
  group: "org.gaul",
  version: "4.1.0",
  classifier: "jar-with-dependencies",
};

const S3MOCK: JavaProgram = {
  name: "s3mock",
  group: "com.adobe.testing",
  version: "5.2.0",
  classifier: "exec",
};

type Arguments = (
  port: number,
  directory: string,
) => Omit<Launch, "command"> | Promise<Omit<Launch, "command">>;

function inGo(program: GoProgram, launch: Arguments): Program {
  return {
    prepare: async () => void await goProgram(program),
    missing: async () =>
      await builtProgram(program) ? undefined : "needs Go, which builds it: deno task servers",
    version: () => Promise.resolve(program.version),
    start: async () => {
      const command = await goProgram(program);
      return await launchServer(program.name, async (port, directory) => ({
        command,
        ...await launch(port, directory),
      }));
    },
  };
}

function inJava(program: JavaProgram, launch: Arguments): Program {
  return {
    prepare: async () => void await javaProgram(program),
    missing: async () =>
      await fetchedProgram(program) ? undefined : "needs Java and Maven, which fetches it: deno task servers",
    version: () => Promise.resolve(program.version),
    start: async () => {
      const jar = await javaProgram(program);
      return await launchServer(program.name, async (port, directory) => {
        const { args, env } = await launch(port, directory);
        // Started sooner, at the price of speed that a short run never gets to see.
        return {
          command: "java",
          args: ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar", jar, ...args],
          env,
        };
      });
    },
  };
}

const { accessKeyId, secretAccessKey } = KEYS;

export const versitygw = inGo(VERSITYGW, async (port, directory) => {
  for (const name of ["data", "versions"]) await Deno.mkdir(`${directory}/${name}`);
  return {
    args: [
      ...["--port", `127.0.0.1:${port}`, "--access", accessKeyId, "--secret", secretAccessKey],
      ...[
        "--quiet",
        "--keep-alive",
        "posix",
        "--versioning-dir",
        `${directory}/versions`,
        `${directory}/data`,
      ],
    ],
  };
});

export const minio = inGo(MINIO, (port) => ({
  args: ["server", "--address", `127.0.0.1:${port}`, "--console-address", "127.0.0.1:0", "data"],
  env: { MINIO_ROOT_USER: accessKeyId, MINIO_ROOT_PASSWORD: secretAccessKey, MINIO_BROWSER: "off" },
}));

export const rclone = inGo(RCLONE_SERVER, async (port, directory) => {
  await Deno.mkdir(`${directory}/data`);
  return {
    args: [
      ...["serve", "s3", "--config", "/dev/null", "--addr", `127.0.0.1:${port}`],
      ...["--auth-key", `${accessKeyId},${secretAccessKey}`, "data"],
    ],
  };
});

export const s3proxy = inJava(S3PROXY, async (port, directory) => {
  await Deno.mkdir(`${directory}/data`);
  await Deno.writeTextFile(
    `${directory}/s3proxy.conf`,
    `s3proxy.authorization=aws-v2-or-v4
s3proxy.endpoint=http://127.0.0.1:${port}
s3proxy.identity=${accessKeyId}
s3proxy.credential=${secretAccessKey}
jclouds.provider=filesystem-nio2
jclouds.filesystem.basedir=${directory}/data
`,
  );
  return { args: ["--properties", "s3proxy.conf"] };
});

export const s3mock = inJava(S3MOCK, (port) => ({ args: ["--server.port=0", `--http.port=${port}`] }));
