import { fuzzGroup } from "./suite.ts";

fuzzGroup("arguments");
