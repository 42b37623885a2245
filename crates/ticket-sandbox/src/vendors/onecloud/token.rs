//! `/api/authenticate`, and which tokens are valid.
//!
//! The vendor documents neither the encoding of the request nor the lifetime of a token. Both are inferred: a
//! URL-encoded form (JSON and multipart are accepted too), and 900 seconds, as stated in the sample tokens. That an
//! empty site returns a success without a token is known from third parties.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::credentials::{ONECLOUD_EMAIL, ONECLOUD_PASSWORD, ONECLOUD_SITE_ID, ONECLOUD_TOKEN};
use crate::form;
use crate::reply::Reply;
use crate::vendors::call::Call;

const LIFETIME: Duration = Duration::from_secs(900);

/// All tokens issued so far, including expired ones.
#[derive(Debug)]
pub(super) struct Tokens {
    issued: HashMap<String, Validity>,
    /// How long the next token is refused after it is issued.
    refused_at_first: Duration,
}

#[derive(Debug)]
enum Validity {
    Unlimited,
    Between(Instant, Instant),
    Expired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenState {
    Valid,
    Expired,
    Unknown,
}

impl Tokens {
    pub(super) fn new() -> Self {
        Self {
            issued: [(ONECLOUD_TOKEN.to_owned(), Validity::Unlimited)].into(),
            refused_at_first: Duration::ZERO,
        }
    }

    pub(super) fn refuse_next(&mut self, time: Duration) {
        self.refused_at_first = time;
    }

    pub(super) fn expire(&mut self) {
        for validity in self.issued.values_mut() {
            *validity = Validity::Expired;
        }
    }

    pub(super) fn state_of(&self, token: &str, now: Instant) -> TokenState {
        match self.issued.get(token) {
            None => TokenState::Unknown,
            Some(Validity::Expired) => TokenState::Expired,
            Some(Validity::Between(start, end)) if now < *start || now >= *end => {
                TokenState::Expired
            }
            Some(Validity::Between(..) | Validity::Unlimited) => TokenState::Valid,
        }
    }

    /// Checks the credentials and issues a token.
    pub(super) fn ask(&mut self, call: &Call<'_>) -> Reply {
        let content_type = call.header("content-type");
        let fields = form::fields(content_type, call.body.unwrap_or_default());
        let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        let site = field("siteId");
        if field("email") != ONECLOUD_EMAIL
            || field("password") != ONECLOUD_PASSWORD
            || ![ONECLOUD_SITE_ID, ""].contains(&site)
        {
            return wrong_credentials(site);
        }
        let mut reply = json!({ "response_code": "200", "response_status": "Success" });
        if let (false, Some(reply)) = (site.is_empty(), reply.as_object_mut()) {
            reply.insert("token".into(), json!(self.issue(call.now)));
        }
        Reply::json(200, &reply)
    }

    fn issue(&mut self, now: Instant) -> String {
        let mut random = fastrand::Rng::with_seed(self.issued.len() as u64);
        let token = format!("{:032x}", random.u128(..));
        let usable = now + std::mem::take(&mut self.refused_at_first);
        let validity = Validity::Between(usable, now + LIFETIME);
        self.issued.insert(token.clone(), validity);
        token
    }
}

/// The documented 401. If no site was given, it names the site of the sample.
pub(super) fn wrong_credentials(site: &str) -> Reply {
    let site = if site.is_empty() { "1691" } else { site };
    Reply::json(
        401,
        &json!({
            "_meta": { "status": "ERROR", "count": 1 },
            "records": {
                "errorCode": "401",
                "userMessage": format!("you are not authorized to log into this site {site}"),
                "devMessage": "", "more": "", "applicationCode": "",
            },
        }),
    )
}
