import { holdToSuite } from "./suite.ts";

await holdToSuite("s3mock");
