import { holdToSuite } from "./suite.ts";

await holdToSuite("moto");
