//! A program's own function, tested without any server: `MockTicketProvider`, of the feature `mock`, answers as a test
//! says and fails where it is called otherwise. See the end; `cargo test -p tickets --example testing_with_the_mock`
//! runs it.
#![allow(clippy::print_stdout, reason = "it is what the program is for")]

use tickets::{AccountConfig, ErrorKind, Result, Tickets};

/// The subject of a ticket; nothing where there is no such ticket.
async fn subject(tickets: &Tickets, id: &str) -> Result<Option<String>> {
    match tickets.get(id).await {
        Ok(ticket) => Ok(ticket.subject),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let tickets = tickets::connect(&AccountConfig::from_env("onecloud"))?;
    for id in std::env::args().skip(1) {
        println!("{id}: {:?}", subject(&tickets, &id).await?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tickets::provider::{Capabilities, MockTicketProvider};
    use tickets::{Error, ProviderInfo};

    use super::*;

    // The clock is paused: waits between attempts take no time.
    #[tokio::test(start_paused = true)]
    async fn a_ticket_that_is_not_there_has_no_subject_and_a_server_that_fails_is_an_error() {
        let mut provider = MockTicketProvider::new();
        let info = ProviderInfo::new("mock", "Mock", Capabilities::none().get());
        provider.expect_info().return_const(info);
        for (id, kind, times) in [("7", ErrorKind::NotFound, 1), ("8", ErrorKind::Server, 4)] {
            provider
                .expect_get()
                .withf(move |_, asked| asked.as_str() == id)
                .times(times)
                .returning(move |_, _| Err(Error::new(kind, "it failed")));
        }
        let tickets = Tickets::new(provider);
        assert_eq!(subject(&tickets, "7").await.unwrap(), None);
        let error = subject(&tickets, "8").await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 4));
    }
}
