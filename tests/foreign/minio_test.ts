import { holdToSuite } from "./suite.ts";

await holdToSuite("minio");
