/** ListBuckets, CreateBucket, HeadBucket, GetBucketLocation, DeleteBucket. */
import { emptyReply, type Reply } from "../http/reply.ts";
import { readAcl } from "./attributes.ts";
import { type Call, findBucket, OWNER, xmlReply } from "./call.ts";
import { s3Error } from "./error.ts";
import { compareKeys } from "./store.ts";
import { childText, document, element, parseXml, text } from "./xml.ts";

/** ListBuckets. */
export function listBuckets(call: Call): Reply {
  const buckets = [...call.store.buckets.values()].filter((bucket) => !bucket.foreign)
    .sort((a, b) => compareKeys(a.name, b.name));
  return xmlReply(document(
    "ListAllMyBucketsResult",
    element("Owner", text("ID", OWNER.id), text("DisplayName", OWNER.displayName)),
    element(
      "Buckets",
      ...buckets.map((bucket) =>
        element("Bucket", text("Name", bucket.name), text("CreationDate", bucket.created.toISOString()))
      ),
    ),
  ));
}

/** "Bucket naming rules": 3 to 63 of lower-case letters, digits, dots and hyphens; not an IP address. */
function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes("..") &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) && !name.startsWith("xn--") && !name.endsWith("-s3alias");
}

/** The region that the body asks for. */
function locationConstraint(body: Uint8Array): string | undefined {
  if (body.length === 0) return undefined;
  try {
    const root = parseXml(new TextDecoder("utf-8", { fatal: true }).decode(body));
    if (root.name === "CreateBucketConfiguration") return childText(root, "LocationConstraint");
  } catch { /* answered below */ }
  throw s3Error(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}

/** CreateBucket. */
export function createBucket(call: Call): Reply {
  const name = call.bucketName;
  if (!isBucketName(name)) {
    throw s3Error("InvalidBucketName", "The specified bucket is not valid.", { BucketName: name });
  }
  const location = locationConstraint(call.body);
  if (location === "us-east-1") {
    throw s3Error("InvalidLocationConstraint", "The specified location-constraint is not valid", {
      LocationConstraint: location,
    });
  }
  if ((location ?? "us-east-1") !== call.region) {
    throw s3Error(
      "IllegalLocationConstraintException",
      `The ${
        location ?? "unspecified"
      } location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  }
  readAcl(call);
  const existing = call.store.buckets.get(name);
  if (existing?.foreign) {
    throw s3Error(
      "BucketAlreadyExists",
      "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
      { BucketName: name },
    );
  }
  if (existing && !call.features.recreateBucket) {
    throw s3Error(
      "BucketAlreadyOwnedByYou",
      "Your previous request to create the named bucket succeeded and you already own it.",
      { BucketName: name },
    );
  }
  if (!existing) call.store.createBucket({ name });
  return emptyReply(200, { location: `/${name}` });
}

/** HeadBucket. */
export function headBucket(call: Call): Reply {
  findBucket(call);
  return emptyReply(200, { "x-amz-bucket-region": call.region });
}

/** GetBucketLocation: empty stands for us-east-1. */
export function getBucketLocation(call: Call): Reply {
  findBucket(call);
  return xmlReply(document("LocationConstraint", call.region === "us-east-1" ? "" : call.region));
}

/** DeleteBucket. */
export function deleteBucket(call: Call): Reply {
  const bucket = findBucket(call);
  if (bucket.objects.size > 0) {
    throw s3Error("BucketNotEmpty", "The bucket you tried to delete is not empty", {
      BucketName: bucket.name,
    });
  }
  call.store.buckets.delete(bucket.name);
  return emptyReply(204);
}
