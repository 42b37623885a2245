"""Deletes the tickets of a file, 32 at once.

Usage: delete-aiohttp.py ADDRESS FILE
"""

import asyncio
import sys

import aiohttp


async def main(server, path):
    headers = {"Authorization": "Bearer YOUR_TOKEN"}
    at_once = asyncio.Semaphore(32)

    async def delete(session, ticket):
        async with at_once:
            async with session.delete(f"{server}/api/ticketrz/{ticket}") as response:
                print(ticket, response.status, await response.json())

    with open(path) as tickets:
        tickets = [ticket.strip() for ticket in tickets]
    async with aiohttp.ClientSession(headers=headers) as session:
        await asyncio.gather(*(delete(session, ticket) for ticket in tickets))


asyncio.run(main(*sys.argv[1:]))
