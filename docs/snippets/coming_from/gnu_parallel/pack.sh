#!/bin/sh
# Each text, packed in two ways: sh pack.sh
mkdir -p out
parallel -j2 --retries 3 --timeout 60 --halt soon,fail=1 \
  'gzip -n -{2} < {1} > out/{1/.}.{2}.gz' ::: texts/*.txt ::: 1 9
