import { fuzzGroup } from "./suite.ts";

fuzzGroup("answers");
