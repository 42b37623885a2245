//! The examples in the help of each command. A test parses every line that begins with `tickets`.

/// Commands, named as on the command line, and their examples.
pub(super) const EXAMPLES: &[(&str, &str)] = &[
    (
        "tickets",
        "  tickets demo
  tickets list onecloud --sandbox
  tickets find --requester jo@example.com --all-accounts
  tickets delete --from spam.txt --plan",
    ),
    (
        "tickets list",
        "  tickets list onecloud
  tickets list rt --state open --created-after 7d --limit 20
  # Save all tickets, one JSON object per line
  tickets list onecloud --output ndjson > tickets.ndjson",
    ),
    (
        "tickets find",
        "  tickets find --requester jo@example.com --all-accounts
  tickets find --all-accounts --requester - < addresses.txt
  # Show what deleting last week's spam would do
  tickets find --domain spam.example --created-after 7d --account rt \\
      --output ndjson > spam.ndjson
  tickets delete --from spam.ndjson --plan",
    ),
    (
        "tickets view",
        "  tickets view onecloud:121
  tickets view onecloud:121 --web",
    ),
    (
        "tickets get",
        "  tickets get onecloud:121
  tickets get onecloud:121 --output json | jq .requester",
    ),
    (
        "tickets messages",
        "  tickets messages onecloud:121
  tickets messages onecloud:121 --no-pager > conversation.txt",
    ),
    (
        "tickets attachments",
        "  tickets attachments rt:7
  tickets attachments rt:7 --download files/",
    ),
    (
        "tickets create",
        "  tickets create rt --subject \"Printer on fire\" --category General \\
      --requester-email jo@example.com
  tickets create onecloud --subject \"No invoice\" --description-file mail.txt \\
      --category Request --requester-name \"Jo Doe\" \\
      --requester-email jo@example.com",
    ),
    (
        "tickets update",
        "  tickets update rt:7 --status resolved
  tickets update rt:7 --priority high --assignee ann
  # Many tickets: show the plan, confirm it, run it
  tickets find --account rt --subject till --output ndjson > tills.ndjson
  tickets update --from tills.ndjson --priority high --plan",
    ),
    (
        "tickets comment",
        "  tickets comment leadsquared:160 --body \"Called back, no answer\"
  tickets comment rt:7 --body-file reply.txt --outbound
  # Many tickets get the same text, first ten of them
  tickets comment --from outage.txt --body-file sorry.txt --outbound \\
      --canary 10",
    ),
    (
        "tickets delete",
        "  tickets delete onecloud:121 onecloud:122
  # Show the plan: hosts, subjects, number of calls, minimum duration
  tickets delete --from spam.txt --plan
  # Delete for good, not to the vendor's trash
  tickets delete --from spam.txt --permanent --plan
  # Overnight, without questions; save what is left for tomorrow
  tickets delete --from spam.txt --yes --max 50000 --until 06:00 \\
      --remaining left.txt
  # Archive each ticket first, and stop if more than 1% fail
  tickets delete --from spam.txt --archive archive/ --max-failures 1%",
    ),
    (
        "tickets resolve",
        "  tickets resolve leadsquared:160
  tickets resolve --from solved.txt --dry-run",
    ),
    (
        "tickets restore",
        "  tickets restore rt:7
  # Restore what a job deleted
  tickets job report 7f3a --to report/
  tickets restore --from report/",
    ),
    (
        "tickets erase",
        "  tickets erase --requester jo@example.com --archive archive/ --keep 30d
  tickets erase --from identifiers.csv --column email --no-archive",
    ),
    ("tickets job list", "  tickets job list"),
    (
        "tickets job show",
        "  tickets job show 7f3a
  tickets job show 7f3a --tickets --output csv > outcomes.csv",
    ),
    (
        "tickets job confirm",
        "  tickets job confirm 7f3a
  tickets job confirm 7f3a --approval approval.json",
    ),
    (
        "tickets job run",
        "  tickets job run 7f3a
  tickets job run 7f3a --yes --until 06:00",
    ),
    ("tickets job watch", "  tickets job watch 7f3a"),
    ("tickets job pause", "  tickets job pause 7f3a"),
    (
        "tickets job resume",
        "  tickets job resume 7f3a
  tickets job run 7f3a
  # Let workers do the rest of a job whose canary is over
  tickets job resume 7f3a --canary",
    ),
    ("tickets job cancel", "  tickets job cancel 7f3a"),
    ("tickets job retry", "  tickets job retry 7f3a --max 100"),
    (
        "tickets job export",
        "  tickets job export 7f3a > plan.json",
    ),
    (
        "tickets job approve",
        "  tickets job approve plan.json --reason DSR-4711 --to approval.json",
    ),
    ("tickets job accounts", "  tickets job accounts"),
    (
        "tickets job verify",
        "  tickets job verify 7f3a
  tickets job verify",
    ),
    (
        "tickets job report",
        "  tickets job report 7f3a --to report/",
    ),
    (
        "tickets job identifiers",
        "  tickets job identifiers 7f3a --from identifiers.csv --column email",
    ),
    (
        "tickets job priority",
        "  tickets job priority 7f3a 10
  tickets job priority 7f3a -5",
    ),
    (
        "tickets worker",
        "  tickets worker
  # Of a fleet, with health checks
  tickets worker --ledger postgres://jobs@db.example.com/jobs \\
      --account support-eu --health 127.0.0.1:9100",
    ),
    ("tickets job prune", "  tickets job prune --older-than 90d"),
    (
        "tickets verify",
        "  tickets verify report/
  tickets verify report/outcomes.ndjson --output csv",
    ),
    (
        "tickets export",
        "  tickets export rt --to archive/ --attachments
  tickets export --from found.ndjson --to archive/
  # Every night, what changed since yesterday
  tickets export rt --to archive/ --since 1d",
    ),
    (
        "tickets archive show",
        "  tickets archive show archive/
  tickets archive show archive/ rt:7",
    ),
    (
        "tickets archive verify",
        "  tickets archive verify archive/",
    ),
    (
        "tickets archive prune",
        "  tickets archive prune archive/ --older-than 30d",
    ),
    ("tickets demo", "  tickets demo"),
    (
        "tickets sandbox",
        "  tickets sandbox --port 8080
  # A long list, without rate limits
  tickets sandbox --tickets 40000 --no-quotas",
    ),
    #[cfg(feature = "mcp")]
    (
        "tickets mcp",
        "  tickets mcp --accounts support-eu
  # Read only
  tickets mcp --read-only
  # The agent's program asks you before it deletes
  tickets mcp --deletes ask --max-per-plan 20",
    ),
    (
        "tickets auth login",
        "  tickets auth login
  tickets auth login support-eu --provider sweeppea \\
      --secret-command \"pass show support-eu\"",
    ),
    (
        "tickets auth status",
        "  tickets auth status
  tickets auth status support-eu",
    ),
    ("tickets auth logout", "  tickets auth logout support-eu"),
    (
        "tickets doctor",
        "  tickets doctor
  tickets doctor leadsquared --ticket leadsquared:160 --record exchange.json",
    ),
    (
        "tickets providers",
        "  tickets providers
  tickets providers --output json",
    ),
    (
        "tickets schema",
        "  tickets schema outcome
  tickets schema > tickets.schema.json",
    ),
    (
        "tickets completions",
        "  # In ~/.bashrc
  source <(tickets completions bash)
  # In ~/.zshrc, after compinit
  source <(tickets completions zsh)
  # Once
  tickets completions fish > ~/.config/fish/completions/tickets.fish",
    ),
    (
        "tickets man",
        "  tickets man --to ~/.local/share/man/man1
  man tickets-delete",
    ),
    ("tickets version", "  tickets version"),
];
