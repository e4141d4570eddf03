import { holdToSuite } from "./suite.ts";

await holdToSuite("swift");
