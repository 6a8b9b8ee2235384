"""Words of each text, then of all: doit -n 2."""

from pathlib import Path

DOIT_CONFIG = {"default_tasks": ["report"]}
NAMES = sorted(path.stem for path in Path("texts").glob("*.txt"))


def task_folder():
    return {"actions": ["mkdir -p out"], "uptodate": [True], "targets": ["out"]}


def task_count():
    for name in NAMES:
        yield {
            "name": name,
            "task_dep": ["folder"],
            "file_dep": [f"texts/{name}.txt"],
            "targets": [f"out/{name}.count"],
            "actions": [f"wc -w < texts/{name}.txt > out/{name}.count"],
        }


def task_report():
    return {
        "file_dep": [f"out/{name}.count" for name in NAMES],
        "targets": ["out/report"],
        "actions": ["cat out/*.count | awk '{ n += $1 } END { print n }' > out/report"],
    }
