import { fuzzGroup } from "./suite.ts";

fuzzGroup("codecs");
