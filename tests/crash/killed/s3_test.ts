/** Every kind of write to S3's stand-in, killed on its way, and what another process finds. */
import { killEach } from "./cases.ts";

killEach("S3", 16);
