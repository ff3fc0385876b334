"""`make bench` and `make benchledger`: benchmarks by their names, one JSON object a line. Timings are for people to read;
nothing fails by them.
"""

import gc
import sys
from importlib import import_module

from benchmarks.report import tell

USUAL = ("calendars", "looking", "matching", "simulating", "starting")

for name in sys.argv[1:] or USUAL:
    module = import_module(f"benchmarks.{name}")
    gc.collect()
    gc.freeze()  # what the ones before have left is not searched again and again while this one is timed
    for result in module.results():
        tell(result)
