"""Writes envelope.json and keys.json beside this file: objects encrypted by Google's Tink and openssl, and RSA keys in the forms that openssl writes.

    .tmp/venv-tink/bin/python tests/vectors/crypto/make.py     (after bash tests/interop/setup.sh)

A body of which only a hash is told can be made again from its data key and its header, and must come out the same.
"""
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parent.parent / "interop"))
import tink_object  # noqa: E402

PASSPHRASE = "Zuckerwatte \u00fc"


def run(*args):
    return subprocess.run(["openssl", *args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def pattern(length):
    return bytes((i * 7 + (i >> 8) + (i >> 16) * 31) & 0xFF for i in range(length))


def stream_vectors():
    vectors = []
    for length in [0, 1, 15, 16, 17, 1000, 1048519, 1048520, 1048521, 2097080, 2097081, 2500000]:
        data_key = hashlib.sha256(b"data key %d" % length).digest()
        body = tink_object.encrypt_body(data_key, pattern(length))
        vector = {"length": length, "dataKey": data_key.hex(), "storedLength": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        vector["body" if len(body) < 2000 else "header"] = (body if len(body) < 2000 else body[:40]).hex()
        vectors.append(vector)
    return vectors


def key_files(directory):
    def path(name):
        return str(directory / name)

    def made(name, *args):
        run(*args, "-out", path(name))

    made("pkcs8", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
    source = path("pkcs8")
    secret = "pass:" + PASSPHRASE
    made("pkcs1", "rsa", "-in", source, "-traditional")
    made("spki", "pkey", "-in", source, "-pubout")
    made("pkcs1 public", "rsa", "-in", source, "-RSAPublicKey_out")
    for name, options in {
        "pbes2 aes-256 sha256": ["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256"],
        "pbes2 aes-128 sha1": ["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"],
        "pbes2 aes-192 sha512": ["-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA512", "-iter", "10000"],
        "pbes2 3des": ["-v2", "des3"],
        "pbes2 scrypt": ["-scrypt"],
    }.items():
        made(name, "pkcs8", "-topk8", "-in", source, "-passout", secret, *options)
    made("old encrypted", "rsa", "-in", source, "-aes128", "-passout", secret, "-traditional")
    made("other pkcs8", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072")
    made("too short", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
    made("ec", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    return {file.name: file.read_text() for file in sorted(directory.iterdir())}


def objects(directory):
    metadata = [
        ("sub01/run1", {"dtype": "<f8", "shape": "2,3", "order": "C", "compression": "False"}),
        ("caf\u00e9/\U0001f36c", {"shape": "", "note": "a, b = c"}),
        ("x", {}),
    ]
    aes = {bits: hashlib.sha256(b"aes").hexdigest()[: bits // 4] for bits in (128, 256)}
    rsa = {"publicKey": str(directory / "spki"), "privateKey": str(directory / "pkcs8")}
    made = []
    for keys, told in [({"aes": aes[256]}, aes[256]), ({"aes": aes[128]}, aes[128]), (rsa, "rsa")]:
        for key, own in metadata:
            plain = pattern(48 if own else 0)
            sealed, body = tink_object.write(keys, key, own, plain)
            made.append({"keys": told, "key": key, "own": own, "metadata": sealed, "body": body.hex(), "plain": plain.hex()})
    return made


def main():
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        keys = {"passphrase": PASSPHRASE, "pem": key_files(directory)}
        vectors = {"streams": stream_vectors(), "objects": objects(directory)}
    for file, content in {"keys.json": keys, "envelope.json": vectors}.items():
        (here / file).write_text(json.dumps(content, indent=1, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
