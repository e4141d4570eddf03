"""Makes objects.json: objects as Python's EncryptedInterface (cottoncandy 0.0.2 to 0.2.0) laid them out.

Written after the description of the format, with PyCryptodome, which took PyCrypto's place. Run: python make.py > objects.json
The keys are for these tests and for nothing else.
"""
import base64, json, struct, sys
from importlib.metadata import version
from Crypto.Cipher import AES, PKCS1_OAEP
from Crypto.PublicKey import RSA
from Crypto.Random import get_random_bytes


def plain(size):
    return bytes((7 * i + i // 256) % 256 for i in range(size))


def body(key, data):
    iv = get_random_bytes(16)
    spaces = 16 - (len(data) % 16 + 8) % 16
    return iv + AES.new(key, AES.MODE_CBC, iv).encrypt(data + b" " * spaces + struct.pack("<Q", len(data)))


rsa = RSA.generate(2048)
entries = []
for length in (16, 24, 32):
    key = bytes(range(length))
    for size in (0, 7, 8, 100):
        entries.append(dict(name=f"aes_{8 * length}_{size}", key_hex=key.hex(), size=size,
                            metadata={}, body_hex=body(key, plain(size)).hex()))
for size in (0, 200):
    key = get_random_bytes(32)
    wrapped = base64.b64encode(PKCS1_OAEP.new(rsa.publickey()).encrypt(key)).decode()
    entries.append(dict(name=f"rsa_{size}", size=size, metadata={"key": wrapped, "note": "clear"},
                        body_hex=body(key, plain(size)).hex()))
json.dump(dict(generator=f"PyCryptodome {version('pycryptodome')}, Python {sys.version.split()[0]}",
               private_key=rsa.export_key("PEM").decode(), entries=entries), sys.stdout, indent=1)
print()
