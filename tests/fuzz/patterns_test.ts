import { fuzzGroup } from "./suite.ts";

fuzzGroup("patterns");
