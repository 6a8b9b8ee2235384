import asyncio

from treadle import Workflow

workflow = Workflow("sites", queues={"net": 2})


async def ask(site: str) -> str:
    await asyncio.sleep(0.1)  # a client of your choice
    return f"{site} is up"


for site in ("alpha", "beta", "gamma"):
    workflow.job(name=f"ask[{site}]", queue="net", timeout=5, constants={"site": site})(ask)


@workflow.job(needs=["ask[*]"])
def report(ask: dict[str, str]) -> None:
    print(*ask.values(), sep="\n")


async def main() -> None:
    result = await workflow.run_async(tokens=4)
    print("success:", result.success)


asyncio.run(main())
