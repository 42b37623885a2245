//! Writes the inputs that a run begins from into `corpus/`.

use std::fs;

fn main() -> std::io::Result<()> {
    fs::create_dir_all("corpus/replies")?;
    for (number, bytes) in tickets_fuzz::documented_replies().enumerate() {
        fs::write(format!("corpus/replies/documented-{number}"), bytes)?;
    }
    for (target, texts) in [
        (
            "texts",
            &[
                "25/5",
                "onecloud:121",
                "https://me:x@example.com/a?b#c",
                "High",
            ][..],
        ),
        (
            "accounts",
            &[
                "provider = \"sweeppea\"\napi_key = \"k\"\nrate = [\"25/5\"]\ntimeout_s = 2.5\nmax_attempts = 3\n",
            ],
        ),
        (
            "config_file",
            &[
                "[accounts.eu]\nprovider = \"sweeppea\"\napi_key_env = \"EU_KEY\"\nrate = \"25/5\"\ntimeout_s = 2.5\nmax_attempts = 3\n",
            ],
        ),
        (
            "requests",
            &[
                "\x01\x00160\0text",
                "\x02\x01open:2:20\0text",
                "\x00\x07160\0text",
            ],
        ),
        (
            "sandbox",
            &[
                "\x04\x0c\n\n{\"CaseId\":\"2531581\"}",
                "\x04\x12\n\n{\"TicketIds\":[\"160\"]}",
                "\x00GET / HTTP/1.1\r\n\r\n",
            ],
        ),
    ] {
        fs::create_dir_all(format!("corpus/{target}"))?;
        for (number, text) in texts.iter().enumerate() {
            fs::write(format!("corpus/{target}/seed-{number}"), text)?;
        }
    }
    Ok(())
}
