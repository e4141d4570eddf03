import { fuzzGroup } from "./suite.ts";

fuzzGroup("folders");
