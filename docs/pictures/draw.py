"""Draws the pictures of the README from a real run of the command against its sandbox.

    pip install rich        # writes the SVG
    python3 docs/pictures/draw.py target/release/tickets

Needs tmux and bash. A person deletes 10,000 tickets, the process is killed, and the job is run again.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI, TerminalTheme
from rich.text import Text

COLUMNS, ROWS = 88, 27
LIGHT = TerminalTheme(
    (255, 255, 255),
    (36, 41, 47),
    [(36, 41, 47), (179, 38, 30), (26, 127, 55), (154, 103, 0), (9, 105, 218), (130, 80, 223), (27, 124, 131), (110, 119, 129)],
    [(87, 96, 106), (207, 34, 46), (26, 127, 55), (99, 60, 1), (33, 139, 255), (164, 117, 249), (49, 146, 170), (140, 149, 159)],
)


def main():
    tickets = pathlib.Path(sys.argv[1]).resolve()
    here = pathlib.Path(__file__).parent
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        sandbox = subprocess.Popen(
            [tickets, "sandbox", "--tickets", "9999", "--no-quotas", "--output", "json"],
            stdout=subprocess.PIPE,
        )
        try:
            screen = run(tickets, pathlib.Path(folder), variables(sandbox.stdout))
        finally:
            sandbox.terminate()
    for name, theme in [("light", LIGHT), ("dark", DIMMED_MONOKAI)]:
        console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"), force_terminal=True)
        console.print(Text.from_ansi(screen.rstrip("\n")))
        picture = console.export_svg(title="tickets", theme=theme, unique_id=f"tickets-{name}")
        # No font from elsewhere: a picture of a README must not ask another host.
        picture = re.sub(r"@font-face {.*?}\s*", "", picture, flags=re.DOTALL).replace("Fira Code", "monospace")
        (here / f"delete-{name}.svg").write_text(picture)


def variables(output):
    """What points the command at the sandbox: a JSON document that ends with a line of its own."""
    lines = []
    for line in output:
        lines.append(line.decode())
        if line.rstrip() == b"]":
            return {row["name"]: row["value"] for row in json.loads("".join(lines))}
    sys.exit("the sandbox does not start")


def run(tickets, folder, settings):
    environment = {
        **settings,
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "PS1": r"\[\e[32m\]$\[\e[0m\] ",
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }
    server = f"tickets-{os.getpid()}"

    def tmux(*words):
        return subprocess.run(["tmux", "-L", server, *words], check=True, capture_output=True, text=True).stdout

    def type(text):
        tmux("send-keys", "-l", text)
        tmux("send-keys", "Enter")

    def until(text, seconds=120):
        for _ in range(seconds * 20):
            shown = tmux("capture-pane", "-p")
            if text in shown:
                return shown
            time.sleep(0.05)
        sys.exit(f"{text!r} does not appear:\n{shown}")

    options = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
    shell = ["bash", "--noprofile", "--norc"]
    size = ["-x", str(COLUMNS), "-y", str(ROWS)]
    tmux("-f", "/dev/null", "new-session", "-d", "-c", str(folder), *size, *options, *shell)
    try:
        tmux("set-option", "-g", "status", "off")
        type(f"PATH={tickets.parent}:$PATH; tickets list onecloud -o ndjson > spam.ndjson; clear; touch ready")
        while not (folder / "ready").exists():
            time.sleep(0.05)
        time.sleep(0.5)
        type("tickets delete --from spam.ndjson > outcomes.txt")
        until("Type the number of tickets")
        number = sum(1 for _ in open(folder / "spam.ndjson"))
        type(str(number))
        until("deleted ·")
        time.sleep(1.5)
        for process in subprocess.run(["pgrep", "-f", "tickets delete --from spam"], capture_output=True, text=True).stdout.split():
            os.kill(int(process), signal.SIGKILL)
        until("Killed")
        type("tickets job list")
        until("delete")
        time.sleep(1)
        shown = tmux("capture-pane", "-p")
        job = next(line.split()[0] for line in shown.splitlines()[::-1] if " delete " in line)
        type(f"tickets job run {job[:4]} --yes >> outcomes.txt")
        until(f"\n{number:,} tickets: ", 300)
        time.sleep(1)
        return tmux("capture-pane", "-e", "-p")
    finally:
        tmux("kill-server")


main()
