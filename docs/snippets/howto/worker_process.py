from treadle import Workflow

workflow = Workflow("primes")


@workflow.job(process=True, matrix={"start": [0, 50_000]}, limits={"memory": "1G"})
def primes(start: int) -> int:
    numbers = range(max(start, 2), start + 50_000)
    return sum(all(n % d for d in range(2, int(n**0.5) + 1)) for n in numbers)


@workflow.job(process=True, timeout=0.5, grace=0.1)
def never() -> None:
    while True:
        pass


@workflow.job(needs=[primes])
def total(primes: dict[str, int]) -> int:
    return sum(primes.values())


if __name__ == "__main__":
    result = workflow.run(tokens=2)
    print("total:", result.value(total))
    print("never:", result.statuses["never"].detail)
