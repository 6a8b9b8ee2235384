"""Pack a file: pack.py FILE gz|bz2."""

import bz2
import gzip
import sys
from pathlib import Path

name, how = sys.argv[1:]
data = Path(name).read_bytes()
packed = gzip.compress(data) if how == "gz" else bz2.compress(data)
Path(f"{name}.{how}").write_bytes(packed)
print(f"{name}: {len(data)} -> {len(packed)} bytes")
