"""Words of each text, then of all: treadle run -f workflow.py."""

from pathlib import Path

from treadle import Workflow

workflow = Workflow("words", queues={"disk": 1})


@workflow.job(
    matrix={"name": ["fox", "owl", "rain"]},
    queue="disk",
    inputs=["texts/${{ matrix.name }}.txt"],
)
def count(name: str) -> int:
    return len(Path(f"texts/{name}.txt").read_text().split())


@workflow.job(needs=[count], outputs=["out/report"])
def report(count: dict[str, int]) -> None:
    Path("out").mkdir(exist_ok=True)
    Path("out/report").write_text(f"{sum(count.values())}\n")
