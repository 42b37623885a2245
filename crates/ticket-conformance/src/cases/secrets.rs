//! Secrets: the secrets of the configuration occur nowhere, in no encoding.

use super::common::faults;
use super::errors::{each_error, every_error, shown};
use crate::canary;
use crate::fault::Fault;
use crate::harness::{CaseResult, Harness, NotPassed, any, ensure};
use crate::log;
use ticket_core::{CallContext, Operation};

fn no_leak(what: &str, text: &str, secrets: &[String]) -> CaseResult {
    let leaks = canary::find(text, secrets.iter().map(String::as_str));
    let leaks: Vec<_> = leaks.iter().map(ToString::to_string).collect();
    let found = format!(
        "{}, counted from 0 as the fixture names them",
        leaks.join(", ")
    );
    ensure(leaks.is_empty(), what, "no secret", found)
}

pub(crate) async fn debug_shows_no_secret(harness: &Harness) -> CaseResult {
    let secrets = harness.secrets()?;
    let provider = &harness.provider;
    let text = format!("{provider:?}\n{provider:#?}\n{:?}", harness.info());
    no_leak("the provider was shown by `Debug`", &text, &secrets)
}

pub(crate) async fn errors_show_no_secret(harness: &Harness) -> CaseResult {
    let secrets = harness.secrets()?;
    let mut faults = faults();
    faults.push(Fault::Status(403));
    every_error(harness, &faults, |operation, error| {
        let what = format!("`{operation}` failed: {}", error.kind());
        no_leak(&what, &shown(error), &secrets)
    })
    .await
}

pub(crate) async fn repeated_secrets_are_hidden(harness: &Harness) -> CaseResult {
    let secrets = harness.sent_secrets()?;
    let words = format!("not allowed with {}", secrets.join(" or "));
    let faults = [400, 401, 403, 500].map(|status| Fault::Words {
        status,
        words: words.clone(),
    });
    each_error(harness, &faults, |operation, error| {
        let what = format!(
            "`{operation}` was refused with a message that repeats the secrets; a provider has to remove from a \
             vendor's message what it sent, in plain and as encoded"
        );
        no_leak(&what, &shown(error), &secrets)
    })
    .await
}

pub(crate) async fn results_show_no_secret(harness: &Harness) -> CaseResult {
    let secrets = harness.secrets()?;
    for operation in harness.declared(any)? {
        let id = harness.ticket_for(operation).await?;
        let (_, debug) = harness
            .call_with_debug(&*harness.provider, operation, &id)
            .await?;
        let what = format!("`{operation}` was called, and its result shown by `Debug`");
        no_leak(&what, &debug, &secrets)?;
    }
    Ok(())
}

pub(crate) async fn logs_hold_no_secret(harness: &Harness) -> CaseResult {
    let secrets = harness.secrets()?;
    for operation in harness.declared(any)? {
        let (result, text) = log::captured(harness.call(operation)).await;
        _ = result?;
        no_leak(&format!("`{operation}` was called"), &text, &secrets)?;
    }
    let (result, text) = log::captured(each_error(harness, &faults(), |_, _| Ok(()))).await;
    match result {
        // Without faults there is less to capture, and no leak is missed.
        Err(NotPassed::Skip(_)) => {}
        other => other?,
    }
    no_leak(
        "every operation was called, with every fault",
        &text,
        &secrets,
    )
}

pub(crate) async fn logs_hold_no_ticket_text(harness: &Harness) -> CaseResult {
    harness.require(Operation::Create)?;
    let (subject, description) = ("kq1 planted subject", "kq2 planted description");
    let texts = [subject, description].map(str::to_owned);
    let mut new = harness.new_ticket()?;
    subject.clone_into(&mut new.subject);
    new.description = new.description.map(|_| description.to_owned());
    let ((), text) = log::captured(async {
        let created = harness.provider.create(&CallContext::new(), &new).await;
        if let Ok(created) = &created {
            _ = harness.provider.get(&CallContext::new(), &created.id).await;
        }
    })
    .await;
    no_leak("a ticket was created and read", &text, &texts)?;
    for fault in faults() {
        match harness.inject(Operation::Create, fault).await {
            Err(NotPassed::Skip(_)) => continue,
            other => other?,
        }
        let (_, text) = log::captured(harness.provider.create(&CallContext::new(), &new)).await;
        no_leak(
            "a ticket was created, and something went wrong",
            &text,
            &texts,
        )?;
    }
    Ok(())
}
