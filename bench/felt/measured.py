"""Runs a command and prints what it took: wall time, CPU time of the process, and its largest memory.

Usage: measured.py COMMAND ARGUMENT...
"""

import json
import os
import sys
import time

START = time.perf_counter_ns()
QUIET = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
CHILD = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=QUIET)
_, status, usage = os.wait4(CHILD, 0)
WALL = time.perf_counter_ns() - START
print(
    json.dumps(
        {
            "code": os.waitstatus_to_exitcode(status),
            "wall_s": WALL / 1e9,
            "cpu_s": usage.ru_utime + usage.ru_stime,
            # macOS counts bytes.
            "peak_mib": usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 1024),
        }
    )
)
