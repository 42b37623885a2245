"""Prints all tickets, 100 a page, with one connection.

Usage: list-requests.py ADDRESS
"""

import json
import sys

import requests

session = requests.Session()
session.headers["Authorization"] = "Bearer YOUR_TOKEN"
offset = 0
while True:
    page = session.get(f"{sys.argv[1]}/api/ticketrz", params={"limit": 100, "offset": offset}).json()
    for row in page["data"]:
        print(json.dumps(row))
    offset += len(page["data"])
    if not page["data"] or offset >= page["total"]:
        break
