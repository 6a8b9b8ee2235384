from pathlib import Path

from treadle import Workflow

workflow = Workflow("words")


@workflow.job(inputs=["words.txt"])
def count() -> dict[str, int]:
    print("counting", flush=True)
    words = Path("words.txt").read_text().split()
    return {word: words.count(word) for word in words}


@workflow.job(needs=[count], outputs=["report.txt"])
def report(count: dict[str, int]) -> None:
    print("reporting", flush=True)
    Path("report.txt").write_text("".join(f"{word} {n}\n" for word, n in count.items()))


if __name__ == "__main__":
    result = workflow.run(store=True, resume=True)
    print("good:", *result.good)
    print("unchanged:", *result.unchanged)
    print("count:", result.value(count))
