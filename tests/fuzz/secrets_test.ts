import { fuzzGroup } from "./suite.ts";

fuzzGroup("secrets");
