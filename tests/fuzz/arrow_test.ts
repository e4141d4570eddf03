import { fuzzGroup } from "./suite.ts";

fuzzGroup("arrow");
