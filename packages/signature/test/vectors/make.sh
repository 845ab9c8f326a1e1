#!/bin/sh
# Makes the files beside it anew, with minisign 0.11. Their keys are public: they sign nothing but these tests.
set -eu
cd "$(dirname "$0")"
rm -f ./*.pub ./*.key ./*.sig
printf '{\n  "format": 1\n}\n' >message
minisign -GW -p plain.pub -s plain.key
printf 'correct horse\ncorrect horse\n' | minisign -G -p password.pub -s password.key
minisign -GW -p other.pub -s other.key && rm other.key
minisign -S -s plain.key -m message -x prehashed.sig -t 'edge 1.5.0, größer als 1.4'
minisign -S -l -s plain.key -m message -x legacy.sig
printf 'correct horse\n' | minisign -S -s password.key -m message -x password.sig
