"""Asks `tickets mcp` with the official client for Python: client.py MODE ANSWER TICKETS COMMAND...

MODE is legacy (initialize) or auto (discover). ANSWER is what the person in front of the client does: a number to type,
decline, or absent for a client that cannot ask. TICKETS are the tickets to delete, with commas between them. Prints one
line of JSON for each call: its name, whether it was refused, its answer; and first the protocol and the tools.
"""

import asyncio
import json
import os
import sys

from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import ElicitResult


def say(**what):
    print(json.dumps(what), flush=True)


async def main(mode, answer, tickets, command):
    async def ask(_context, params):
        say(question=params.message)
        if answer == "decline":
            return ElicitResult(action="decline")
        return ElicitResult(action="accept", content={"number_of_tickets": int(answer)})

    server = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
    callback = None if answer == "absent" else ask
    async with Client(server, mode=mode, elicitation_callback=callback) as client:
        tools = await client.list_tools()
        say(protocol=client.session.protocol_version, tools=[tool.name for tool in tools.tools])

        async def call(name, **arguments):
            result = await client.call_tool(name, arguments)
            say(call=name, refused=bool(result.is_error), answer=result.structured_content)
            return result.structured_content

        await call("accounts")
        await call("find", accounts=["redmine"], subject="cheap pills")
        plan = await call("plan", change="delete", tickets=tickets)
        if "job" not in plan:
            return
        job = plan["job"]
        await call("job_confirm", job=job)
        await call("job_confirm", job=job)
        await call("job_status", job=job)
        await call("job_report", job=job, all=True)


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3].split(","), sys.argv[4:]))
