"""Words of each text, then of all: python -m luigi --module words Report --local-scheduler."""

from pathlib import Path

import luigi


class Count(luigi.Task):
    name = luigi.Parameter()
    resources = {"disk": 1}

    def output(self):
        return luigi.LocalTarget(f"out/{self.name}.count")

    def run(self):
        words = Path(f"texts/{self.name}.txt").read_text().split()
        with self.output().open("w") as file:
            file.write(f"{len(words)}\n")


class Report(luigi.Task):
    def requires(self):
        return {name: Count(name=name) for name in ("fox", "owl", "rain")}

    def output(self):
        return luigi.LocalTarget("out/report")

    def run(self):
        counts = {}
        for name, target in self.input().items():
            with target.open() as file:
                counts[name] = int(file.read())
        with self.output().open("w") as file:
            file.write(f"{sum(counts.values())}\n")
