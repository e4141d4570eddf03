import { fuzzGroup } from "./suite.ts";

fuzzGroup("text");
