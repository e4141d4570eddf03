import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { hasPlatform, isGranted } from "../../lib/environment.ts";
import { mayReadProfiles } from "./shared_config.ts";

/**
 * Settings of the SDK's client that it would otherwise look up, which fails where Deno was not allowed to let it, or makes Deno ask. Empty where all is
 * allowed.
 */
export function withoutAsking(): S3ClientConfig {
  if (!hasPlatform()) return {};
  return {
    ...(isGranted({ name: "env" }) && mayReadProfiles() ? {} : {
      authSchemePreference: [],
      disableClockSkewCorrection: false,
      disableS3ExpressSessionAuth: false,
      useArnRegion: false,
      useDualstackEndpoint: false,
      useFipsEndpoint: false,
      sigv4aSigningRegionSet: undefined,
      userAgentAppId: () => Promise.resolve(undefined),
    }),
    ...(isGranted({ name: "sys", kind: "osRelease" })
      ? {}
      : { defaultUserAgentProvider: () => Promise.resolve([["aws-sdk-js"]]) }),
  };
}
