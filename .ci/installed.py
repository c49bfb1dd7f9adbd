"""Is the installed package whole?  Run from a folder that holds none of its sources."""

from importlib import metadata
from importlib.resources import files

import taskclf.labels.queue

import labelqueue
from labelqueue.conformance.cases import DATA, hand_written

package = files("labelqueue")
about = metadata.metadata("labelqueue")
points = {(each.group, each.name) for each in metadata.distribution("labelqueue").entry_points}

assert taskclf.labels.queue.ActiveLabelingQueue is labelqueue.ActiveLabelingQueue, "the address of taskclf"
assert (package / "py.typed").is_file(), "py.typed"
assert (package.parent / "labelqueue_pytest" / "py.typed").is_file(), "py.typed of the plugin"
assert DATA.is_relative_to(str(package)), f"the data is not in the package, but in {DATA}"
assert len(hand_written()) > 200, "the cases"
missing = [
    name
    for name in ("README.md", "index.json", "requirements.json", "schema/queue.schema.json", "results/taskclf.json")
    if not (DATA / name).is_file()
]
assert not missing, missing
assert (package / "conformance" / "reports" / "renderers" / "report.html.j2").is_file(), "the template of the report"
assert points >= {("console_scripts", "labelqueue"), ("pytest11", "labelqueue")}, points
assert about["License-Expression"] == "MIT"
assert about["Requires-Python"] == ">=3.11"
assert {"kit", "sql", "postgres", "parquet"} <= set(about.get_all("Provides-Extra"))
print(f"labelqueue {about['Version']} is whole")
