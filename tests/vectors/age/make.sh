#!/usr/bin/env bash
# Makes the files beside it with age's own tools (https://age-encryption.org), for machines that don't have them. Every run makes other bytes.
#
#   make.sh AGE-1.1-FOLDER AGE-1.3-FOLDER    folders of `age` and `age-keygen`; the latter with `age-plugin-batchpass` too
#
# The identities are for these tests and for nothing else.
set -euo pipefail
old=$1 new=$2
export PATH=$new:$PATH
cd "$(dirname "${BASH_SOURCE[0]}")"

plain() { # $1 bytes: byte i is 7 i + i / 256, modulo 256
  python3 -c 'import sys; sys.stdout.buffer.write(bytes((7 * i + i // 256) % 256 for i in range(int(sys.argv[1]))))' "$1"
}

rm -f ./*.age ./*.txt
"$old/age-keygen" 2>/dev/null >x25519.txt
"$old/age-keygen" 2>/dev/null >other.txt
"$new/age-keygen" -pq 2>/dev/null >hybrid.txt
x25519=$("$old/age-keygen" -y x25519.txt)
other=$("$old/age-keygen" -y other.txt)
hybrid=$("$new/age-keygen" -y hybrid.txt)

for size in 0 11 65536 65537; do plain $size | "$old/age" -r "$x25519" >x25519_$size.age; done
plain 200 | "$old/age" -r "$other" -r "$x25519" >two_recipients_200.age
plain 200 | "$old/age" -a -r "$x25519" >armored_200.age
plain 200 | "$new/age" -r "$hybrid" >hybrid_200.age
export AGE_PASSPHRASE="correct horse" AGE_PASSPHRASE_WORK_FACTOR=12
plain 200 | "$new/age" -e -j batchpass >passphrase_200.age
"$new/age" -e -j batchpass -a x25519.txt >identity_armored.age
"$new/age" -e -j batchpass x25519.txt >identity.age
{ echo "age $("$old/age" --version), x25519*, two_recipients*, armored*"; echo "age $("$new/age" --version), the others"; } >versions.txt
