"""Encrypted objects of cottoncandy for TypeScript, written and read with Google's Tink and openssl: the other implementation of docs/encryption.md.

Reads one request as JSON from standard input, and answers with JSON:

    {"do": "write", "keys": KEYS, "key": name, "metadata": {...}, "body": path, "to": path}   -> {"metadata": {...}}
    {"do": "read",  "keys": KEYS, "key": name, "metadata": {...}, "body": path, "to": path}   -> {}

KEYS is {"aes": hex} or {"publicKey": path, "privateKey": path, "id": hex} of PEM files.
"""
import base64
import hashlib
import io
import json
import os
import struct
import subprocess
import sys

from tink import aead, cleartext_keyset_handle, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, aes_gcm_pb2, common_pb2, tink_pb2

aead.register()
streaming_aead.register()

SEGMENT = 1048576


def handle(type_name, value):
    keyset = tink_pb2.Keyset(primary_key_id=1)
    keyset.key.add(
        key_data=tink_pb2.KeyData(
            type_url="type.googleapis.com/google.crypto.tink." + type_name,
            value=value.SerializeToString(),
            key_material_type=tink_pb2.KeyData.SYMMETRIC,
        ),
        status=tink_pb2.ENABLED,
        key_id=1,
        output_prefix_type=tink_pb2.RAW,
    )
    return cleartext_keyset_handle.from_keyset(keyset)


def streaming(data_key):
    value = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(
        key_value=data_key,
        params=aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
            ciphertext_segment_size=SEGMENT, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
        ),
    )
    return handle("AesGcmHkdfStreamingKey", value).primitive(streaming_aead.StreamingAead)


def aes_gcm(key):
    return handle("AesGcmKey", aes_gcm_pb2.AesGcmKey(key_value=key)).primitive(aead.Aead)


class Kept(io.BytesIO):
    """Tink closes what it writes to."""

    def close(self):
        pass


def encrypt_body(data_key, plain):
    out = Kept()
    with streaming(data_key).new_encrypting_stream(out, b"") as stream:
        stream.write(plain)
    return out.getvalue()


def decrypt_body(data_key, stored):
    with streaming(data_key).new_decrypting_stream(io.BytesIO(stored), b"") as stream:
        return stream.read()


def bound(key, metadata):
    fields = ["cottoncandy-envelope-1", key]
    for name in metadata["cc-bound"].split(","):
        fields += [name, metadata[name]]
    encoded = [field.encode() for field in fields]
    return b"".join(struct.pack(">I", len(field)) + field for field in encoded)


def openssl(*args, given):
    return subprocess.run(["openssl", *args], input=given, stdout=subprocess.PIPE, check=True).stdout


def oaep(operation, keys, given, label):
    key = ["-pubin", "-inkey", keys["publicKey"]] if operation == "-encrypt" else ["-inkey", keys["privateKey"]]
    options = ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256", "rsa_oaep_label:" + hashlib.sha256(label).hexdigest()]
    return openssl("pkeyutl", operation, *key, *[part for option in options for part in ("-pkeyopt", option)], given=given)


def wrap(keys, data_key, label):
    if "aes" in keys:
        return aes_gcm(bytes.fromhex(keys["aes"])).encrypt(data_key, label)
    return oaep("-encrypt", keys, data_key, label)


def unwrap(keys, wrapped, label):
    if "aes" in keys:
        return aes_gcm(bytes.fromhex(keys["aes"])).decrypt(wrapped, label)
    return oaep("-decrypt", keys, wrapped, label)


def seal(keys, key, metadata, data_key):
    sealed = dict(metadata)
    sealed["cc-encryption"] = "AES" if "aes" in keys else "RSA"
    if "aes" not in keys:
        spki = openssl("pkey", "-pubin", "-in", keys["publicKey"], "-outform", "DER", given=b"")
        sealed["cc-key-id"] = hashlib.sha256(spki).hexdigest()[:16]
    sealed["cc-bound"] = ",".join(sorted([*sealed, "cc-bound"]))
    sealed["cc-key"] = base64.b64encode(wrap(keys, data_key, bound(key, sealed))).decode()
    return sealed


def write(keys, key, metadata, plain):
    data_key = os.urandom(32)
    return seal(keys, key, metadata, data_key), encrypt_body(data_key, plain)


def read(keys, key, metadata, stored):
    data_key = unwrap(keys, base64.b64decode(metadata["cc-key"]), bound(key, metadata))
    return decrypt_body(data_key, stored)


def main():
    request = json.load(sys.stdin)
    keys, key, metadata = request["keys"], request["key"], request["metadata"]
    with open(request["body"], "rb") as file:
        body = file.read()
    answer = {}
    if request["do"] == "write":
        answer["metadata"], body = write(keys, key, metadata, body)
    else:
        body = read(keys, key, metadata, body)
    with open(request["to"], "wb") as file:
        file.write(body)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
