//! A client of the sandbox, scripted answers, and what a request carried.

#![allow(
    dead_code,
    reason = "every test file is a program of its own, and none uses all of this"
)]

use serde_json::Value;
use ticket_leadsquared::{LeadSquared, LeadSquaredConfig};
use ticket_sandbox::credentials::{
    LEADSQUARED_ACCESS_KEY, LEADSQUARED_ORG_ID, LEADSQUARED_SECRET_KEY,
};
use ticket_sandbox::{Exchange, Fault, Rule, Sandbox, Vendor};

pub(crate) fn config(sandbox: &Sandbox) -> LeadSquaredConfig {
    LeadSquaredConfig::new(
        sandbox.base_url(Vendor::LeadSquared),
        LEADSQUARED_ORG_ID,
        LEADSQUARED_ACCESS_KEY,
        LEADSQUARED_SECRET_KEY,
    )
}

pub(crate) async fn connected() -> (Sandbox, LeadSquared) {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = LeadSquared::new(&config(&sandbox)).unwrap();
    (sandbox, provider)
}

/// Answers the next request so.
pub(crate) fn answer(sandbox: &Sandbox, status: u16, body: impl AsRef<[u8]>) {
    sandbox.inject(Rule::new(Fault::Reply {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.as_ref().to_vec(),
    }));
}

/// A part of a form.
#[derive(Debug, PartialEq)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) media_type: Option<String>,
    pub(crate) content: Vec<u8>,
}

/// The parts of a form; `None` where the body is none.
pub(crate) fn form(seen: &Exchange) -> Option<Vec<Part>> {
    let content_type = seen.header("content-type")?;
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=")?;
    let mut rest = seen
        .body
        .strip_prefix(format!("--{boundary}\r\n").as_bytes())?;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (head, body) = split(rest, b"\r\n\r\n")?;
        let (content, next) = split(body, format!("\r\n--{boundary}").as_bytes())?;
        rest = next.strip_prefix(b"\r\n").unwrap_or_default();
        assert!(!rest.is_empty() || next == b"--\r\n", "the end of the form");
        let head = String::from_utf8(head.to_vec()).unwrap();
        let parameter = |name: &str| {
            let (_, value) = head.split_once(&format!(" {name}=\""))?;
            Some(value.split('"').next()?.to_owned())
        };
        parts.push(Part {
            name: parameter("name")?,
            file_name: parameter("filename"),
            media_type: head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                let is_type = name.eq_ignore_ascii_case("content-type");
                is_type.then(|| value.to_owned())
            }),
            content: content.to_vec(),
        });
    }
    Some(parts)
}

fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|some| some == mark)?;
    Some((bytes.get(..at)?, bytes.get(at + mark.len()..)?))
}

/// The ticket that a create or an update sent, in a form or as JSON.
pub(crate) fn ticket_dto(seen: &Exchange) -> Value {
    match form(seen) {
        None => seen.json().unwrap(),
        Some(parts) => {
            let ticket = parts.first().unwrap();
            assert_eq!(
                (ticket.name.as_str(), &ticket.file_name),
                ("ticketDTO", &None)
            );
            serde_json::from_slice(&ticket.content).unwrap()
        }
    }
}
