"""The Python that Sweeppea prints for deleting a ticket, again and again.

The request is built and sent as the vendor's page does it, once per call. The page prints the reply; here it is
looked at instead, because a terminal costs more than the call. Start-up is not measured.

Usage: sweeppea-delete.py ADDRESS CALLS WARM-UP
"""

import json
import resource
import sys
import time

import requests


def delete(server):
    url = f"{server}/tickets/delete"
    headers = {
        "Authorization": "Bearer YOUR_API_KEY",
        "Content-Type": "application/json",
    }
    payload = {
        "CaseId": "2531581",
    }

    response = requests.post(url, headers=headers, json=payload)
    if response.json()["Response"] is not True:
        sys.exit(f"the answer is not what was asked for: {response.text}")


def main():
    server, calls, warm_up = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    for _ in range(warm_up):
        delete(server)
    latencies = []
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    for _ in range(calls):
        start = time.perf_counter_ns()
        delete(server)
        latencies.append(time.perf_counter_ns() - start)
    wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
    latencies.sort()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {
                "calls": calls,
                "wall_ns": wall,
                "cpu_ns": cpu,
                "median_ns": latencies[len(latencies) // 2],
                # macOS counts bytes.
                "peak_rss_kib": peak // 1024 if sys.platform == "darwin" else peak,
            }
        )
    )


main()
