from treadle import Workflow
from treadle.runner import run

workflow = Workflow(queues={"disk": 1})
for name in ("a", "b"):
    workflow.command(f"make-{name}", ["touch", name])
    workflow.command(f"pack-{name}", ["gzip", "-kf", name], needs=[f"make-{name}"], queue="disk")

result = run(workflow)
print("good:", *result.good)
print("all good:", result.success)
