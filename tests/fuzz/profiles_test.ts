import { fuzzGroup } from "./suite.ts";

fuzzGroup("profiles");
