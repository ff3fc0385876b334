"""`make bench`: every benchmark, one JSON object a line. Timings are for people to read; nothing fails by them."""

from benchmarks import calendars, looking, matching, simulating, starting
from benchmarks.report import tell

for module in (calendars, looking, matching, simulating, starting):
    for result in module.results():
        tell(result)
