from treadle import Workflow

workflow = Workflow("words", queues={"disk": 2})


@workflow.job(queue="disk", retries=2, retry_on=[OSError])
def read() -> str:
    return "the cat and the dog and the bird"


@workflow.job(needs=[read], timeout=30)
def count(read: str) -> dict[str, int]:
    words = read.split()
    return {word: words.count(word) for word in words}


@workflow.job(needs=[count], matrix={"least": [2, 3]})
def often(count: dict[str, int], least: int) -> list[str]:
    return [word for word, number in count.items() if number >= least]


@workflow.job(needs=[often])
def report(often: dict[str, list[str]]) -> None:
    for name, words in often.items():
        print(name, *words)


workflow.command("done", ["echo", "counted"], needs=[report])

if __name__ == "__main__":
    result = workflow.run(tokens=2)
    print("success:", result.success)
    print("count:", result.value(count))
