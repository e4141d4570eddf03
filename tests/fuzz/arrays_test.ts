import { fuzzGroup } from "./suite.ts";

fuzzGroup("arrays");
