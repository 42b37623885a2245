#!/usr/bin/env python3
"""Counts a report again from its outcomes.csv alone, and compares that with its report.json.

    python3 recount.py FOLDER

It ends with 0 if each number agrees, and with 1 if not. It needs nothing but Python 3.8 or newer.
"""

import csv
import json
import sys
from collections import Counter
from pathlib import Path


def strip_quote(cell: str) -> str:
    """The cell without the quote that keeps spreadsheets from taking it for a formula."""
    return cell[1:] if cell.startswith("'") else cell


def main(folder: Path) -> int:
    csv.field_size_limit(sys.maxsize)
    counts, accounts, exceptions, fates = Counter(), Counter(), Counter(), Counter()
    totals = Counter(distinct=0, repeated=0, decided=0, archived=0)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    verb = {"delete": ("deleted", "already_gone")}
    verb["purge"] = verb["delete"]
    verb["resolve"] = ("resolved", "already_resolved")
    verb["restore"] = ("restored", "already_restored")
    verb["update"] = ("updated", "already_updated")
    verb["comment"] = ("commented", "already_commented")
    change = report["job"]["change"]
    # An update and a comment stand with what they set and say.
    done = verb[change if isinstance(change, str) else next(iter(change))]
    with open(folder / "outcomes.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["repeats"]:
                totals["repeated"] += 1
                continue
            account = strip_quote(row["ticket"]).split(":")[0]
            totals["distinct"] += 1
            totals["decided"] += bool(row["decided_at"])
            totals["archived"] += bool(row["archived"])
            counts[row["outcome"]] += 1
            accounts[account, row["outcome"]] += 1
            if row.get("fate"):
                fates[row["fate"]] += 1
            if row["outcome"] not in done:
                exceptions[account, row["outcome"], row["kind"] or None] += 1

    told_accounts, told_exceptions = Counter(), Counter()
    for account in report["accounts"]:
        for outcome, count in account["outcomes"].items():
            told_accounts[account["name"], outcome] += count
    for group in report["exceptions"]:
        told_exceptions[group["account"], group["outcome"], group["kind"]] += group["count"]

    pairs = {
        "outcomes": (counts, Counter(report["outcomes"])),
        "tickets": (totals, Counter(report["tickets"])),
        "outcomes of accounts": (accounts, told_accounts),
        "exceptions": (exceptions, told_exceptions),
        "fates of an erasure": (fates, Counter(report.get("erasure", {}).get("fates", {}))),
    }
    wrong = [name for name, (counted, told) in pairs.items() if dict(counted) != dict(told)]
    for name in wrong:
        counted, told = pairs[name]
        print(f"{name}: counted {dict(counted)}, told {dict(told)}")
    if not wrong:
        print(f"{totals['distinct']} tickets: every number agrees")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
