from treadle.runner import run
from treadle import Workflow

workflow = Workflow(queues={"disk": 1})
for name in ("a", "b"):
    workflow.add(f"make-{name}", run=["touch", name])
    workflow.add(f"pack-{name}", run=["gzip", "-kf", name], needs=[f"make-{name}"], queue="disk")

result = run(workflow)
print("good:", *result.good)
print("all good:", result.success)
