import { fuzzGroup } from "./suite.ts";

fuzzGroup("documents");
