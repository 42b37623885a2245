"""Deletes the tickets of a file one after the other, in the manner of the code that vendors print.

Usage: delete-requests.py ADDRESS FILE
"""

import sys

import requests

server, path = sys.argv[1:]
headers = {"Authorization": "Bearer YOUR_TOKEN"}
with open(path) as tickets:
    for ticket in tickets:
        response = requests.delete(f"{server}/api/ticketrz/{ticket.strip()}", headers=headers)
        print(ticket.strip(), response.status_code, response.json())
