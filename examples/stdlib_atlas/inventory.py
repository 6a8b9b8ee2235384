"""List the modules of the library and the files of each."""

from __future__ import annotations

import platform

from library import ROOT, files_of, group_of, modules
from results import save

found = {name: [str(path.relative_to(ROOT)) for path in files_of(name)] for name in modules()}
save(
    "inventory",
    {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": f"{platform.system()} {platform.machine()}",
        "files": found,
        "groups": {name: group_of(name) for name in found},
    },
)
print(f"{len(found)} modules, {sum(map(len, found.values()))} files in {ROOT}")
