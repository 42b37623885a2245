//! A program's own function, tested against the vendors that `ticket-sandbox` plays: over HTTP, with what goes wrong.
//! See the end; `cargo test -p tickets --example testing_with_the_sandbox` runs it.
#![allow(clippy::print_stdout, reason = "it is what the program is for")]

use tickets::{AccountConfig, Result, Tickets};

/// Deletes what it can, and says how many are gone and which are not known to be.
async fn erase(tickets: &Tickets, ids: &[String]) -> (usize, Vec<String>) {
    let report = tickets.delete(ids).await;
    let gone = report.iter().filter(|(_, outcome)| outcome.is_done());
    let open = report.iter().filter(|(_, outcome)| !outcome.is_done());
    let open = open.map(|(id, _)| id.to_string());
    (gone.count(), open.collect())
}

#[tokio::main]
async fn main() -> Result<()> {
    let tickets = tickets::connect(&AccountConfig::from_env("onecloud"))?;
    let ids: Vec<_> = std::env::args().skip(1).collect();
    println!("{:?}", erase(&tickets, &ids).await);
    Ok(())
}

#[cfg(test)]
mod tests {
    use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor, credentials};

    use super::*;

    #[tokio::test]
    async fn a_ticket_that_the_vendor_will_not_delete_is_named() {
        let sandbox = Sandbox::start().await.unwrap();
        let account = AccountConfig::new("onecloud")
            .setting("base_url", sandbox.base_url(Vendor::OneCloud))
            .setting("token", credentials::ONECLOUD_TOKEN);
        let tickets = tickets::connect(&account).unwrap();
        // The first delete is refused, and the answer to the second is lost after it took effect.
        let on = |fault| Rule::new(fault).endpoint(Endpoint::Delete);
        sandbox.inject(on(Fault::Status(403)));
        sandbox.inject(on(Fault::LostResponse).skip(1));

        let ids = ["121", "1212", "1234"].map(str::to_owned);
        let (gone, open) = erase(&tickets, &ids).await;

        // What the function says, and what is true.
        assert_eq!((gone, open.len()), (2, 1));
        assert_eq!(sandbox.ticket_ids(Vendor::OneCloud), open);
    }
}
