"""`make bench`: every benchmark, one JSON object a line. Timings are for people to read; nothing fails by them."""

import gc

from benchmarks import calendars, looking, matching, simulating, starting
from benchmarks.report import tell

for module in (calendars, looking, matching, simulating, starting):
    gc.collect()
    gc.freeze()  # what the ones before have left is not searched again and again while this one is timed
    for result in module.results():
        tell(result)
