//! How the flawed provider asks the desk, and what it makes of a reply: classification, redaction, reading.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use ticket_core::provider::{IdForm, Request as Asked};
use ticket_core::{Effect, Error, ErrorKind, Operation, Result, TicketId};

use crate::desk::{Broken, CONFIRMED, Desk, Reply, Request, TOKEN_EXPIRED};
use crate::flaws::Flaw;
use crate::provider::{ID, Memory};

const MAX_BODY: usize = 50_000;

impl Memory {
    pub(crate) fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// Checks the arguments, as every provider does first.
    pub(crate) fn check(&self, asked: &Asked<'_>) -> Result<()> {
        let lets_pass = match asked {
            Asked::Create(_) => self.has(Flaw::DropsWhatItCannotCarry),
            Asked::Update(..) => self.has(Flaw::SendsEmptyUpdates),
            Asked::List(query) => {
                self.has(Flaw::ReadsPagesOfNothing) && query.page.limit == Some(0)
            }
            Asked::Get(_) => self.has(Flaw::TakesAnyId),
            Asked::Delete(_) => self.has(Flaw::TakesAnyBatch),
            Asked::Comment(..) => self.has(Flaw::SendsBlankComments),
            _ => false,
        };
        if lets_pass {
            return Ok(());
        }
        if self.has(Flaw::ChecksNoForm) {
            let info = self.info.clone().id_form(IdForm::Any);
            return info.check(asked);
        }
        self.info.check(asked)
    }

    /// One request, and the body of a success.
    pub(crate) async fn send(
        &self,
        operation: Operation,
        method: &'static str,
        path: String,
        body: Value,
    ) -> Result<String> {
        if self.has(Flaw::StaysBusyAfterADrop) && self.flawed.busy.swap(true, Ordering::Relaxed) {
            return Err(self.place(Error::new(ErrorKind::Conflict, "busy"), operation));
        }
        if self.has(Flaw::BreaksAfterAFailure) && self.flawed.broken.load(Ordering::Relaxed) {
            return Err(self.place(Error::new(ErrorKind::Config, "broken"), operation));
        }
        if self.has(Flaw::NeverConnectsAgain) && self.flawed.cut_off.load(Ordering::Relaxed) {
            return Err(self.place(Error::new(ErrorKind::Connect, "cut off"), operation));
        }
        if self.has(Flaw::LogsTheKey) {
            tracing::debug!(authorization = self.key, "sending");
        }
        if self.has(Flaw::LogsTheKeyInHex) {
            let hex = self
                .key
                .bytes()
                .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            let span = tracing::info_span!("request", key = hex);
            span.in_scope(|| ());
        }
        if self.has(Flaw::LogsTheBody) {
            tracing::trace!(%body, "sending");
        }
        let failures = self.flawed.failures.load(Ordering::Relaxed);
        let mut result = self.attempt(operation, method, &path, &body).await;
        let expired = |result: &Result<String>| {
            let error = result.as_ref().err();
            error.is_some_and(|error| error.kind() == ErrorKind::TokenExpired)
        };
        if expired(&result) && !self.has_fresh_token.swap(true, Ordering::Relaxed) {
            result = self.attempt(operation, method, &path, &body).await;
        }
        if expired(&result) && !self.has(Flaw::GivesUpOnAFreshToken) {
            // The vendor's other servers may not know the new token yet.
            let error = Error::new(ErrorKind::Unavailable, "a fresh token was refused");
            result = Err(self.place(error.with_effect(Effect::None), operation));
        }
        let again = result.as_ref().is_err_and(Error::is_transient);
        if self.has(Flaw::RetriesInside) && again {
            result = self.attempt(operation, method, &path, &body).await;
        }
        if self.has(Flaw::FailsTogether) && self.flawed.failures.load(Ordering::Relaxed) > failures
        {
            result = result.and_then(|_| {
                Err(self.place(
                    Error::new(ErrorKind::Unavailable, "another failed"),
                    operation,
                ))
            });
        }
        if result.is_err() {
            self.flawed.failures.fetch_add(1, Ordering::Relaxed);
            self.flawed.broken.store(true, Ordering::Relaxed);
        }
        self.flawed.busy.store(false, Ordering::Relaxed);
        result
    }

    async fn attempt(
        &self,
        operation: Operation,
        method: &'static str,
        path: &str,
        body: &Value,
    ) -> Result<String> {
        let request = || Request {
            method,
            path: path.to_owned(),
            body: body.to_string(),
            key: self.key.clone(),
        };
        let left = self.has(Flaw::ContinuesInTheBackground).then(|| {
            let (desk, request) = (Arc::clone(&self.desk), request());
            Continue(Some((desk, request)))
        });
        let to_its_end = |reply: Reply| async move {
            if reply.never_ends {
                std::future::pending::<()>().await;
            }
            reply
        };
        let reply = async {
            let mut reply = self.desk.serve(request()).await?;
            if [302, 307].contains(&reply.status) && self.has(Flaw::FollowsRedirects) {
                let path = reply.body;
                let elsewhere = Request { path, ..request() };
                reply = self.desk.serve(elsewhere).await?;
            }
            if self.has(Flaw::TimesTheBeginningOnly) {
                return Ok(reply);
            }
            Ok(to_its_end(reply).await)
        };
        let limit = self.limit.filter(|_| !self.has(Flaw::WaitsForEver));
        let reply = match limit {
            None => reply.await,
            Some(limit) => {
                let Ok(reply) = tokio::time::timeout(limit, reply).await else {
                    let error = Error::new(ErrorKind::Timeout, "no reply in time");
                    return Err(self.place(error, operation));
                };
                reply
            }
        };
        if let Some(mut left) = left {
            left.0 = None;
        }
        let reply = reply.map_err(|broken| self.place(self.broken(broken), operation))?;
        let reply = to_its_end(reply).await;
        self.read(reply, operation, method)
            .map_err(|error| self.place(error, operation))
    }

    pub(crate) fn broken(&self, broken: Broken) -> Error {
        let error = match broken {
            Broken::Refused => {
                self.flawed.cut_off.store(true, Ordering::Relaxed);
                if self.has(Flaw::CallsNoConnectionUnavailable) {
                    Error::new(ErrorKind::Unavailable, "no connection")
                } else {
                    Error::new(ErrorKind::Connect, "no connection")
                }
            }
            Broken::Lost if self.has(Flaw::CallsALostReplyNoConnection) => {
                Error::new(ErrorKind::Connect, "the connection was lost")
            }
            Broken::Lost => Error::new(ErrorKind::Unavailable, "the connection was lost"),
        };
        match self.flaw {
            Some(Flaw::HidesTheKeyInACause) => error.with_source(Cause(base64(&self.key))),
            _ => error,
        }
    }

    /// The error with its place; a read has no effect.
    pub(crate) fn place(&self, error: Error, operation: Operation) -> Error {
        let unknown = self.has(Flaw::ReadsOfUnknownEffect) && error.effect() == Effect::Unknown;
        let mut error = match self.flaw {
            Some(Flaw::SaysNotWhere) => error,
            _ => error.in_operation(ID, operation),
        };
        if unknown {
            error = error.with_effect(Effect::Unknown);
        }
        error
    }

    /// The body of a success, or what the vendor refused.
    pub(crate) fn read(&self, reply: Reply, operation: Operation, method: &str) -> Result<String> {
        if let Some(coding) = reply.coding {
            let message = match self.flaw {
                Some(Flaw::NamesNoCoding) => "the reply cannot be read".to_owned(),
                _ => format!("the reply is compressed with {coding}"),
            };
            return Err(Error::new(ErrorKind::BadResponse, message));
        }
        let reply = Reply {
            body: self.with_whole_characters(reply.body),
            ..reply
        };
        let body = &reply.body;
        let is_success = match self.flaw {
            Some(Flaw::TakesAnySuccess) => (200..300).contains(&reply.status),
            _ => reply.status == 200,
        };
        if is_success {
            if body.len() > MAX_BODY && !self.has(Flaw::ReadsWithoutABound) {
                return Err(Error::new(ErrorKind::BadResponse, "the reply is too large"));
            }
            if let Ok(json) = serde_json::from_str::<Value>(body) {
                if json["error"].is_string() && !self.has(Flaw::IgnoresErrorsInASuccess) {
                    return Err(Error::new(ErrorKind::BadResponse, "an error as a success"));
                }
                let looks_not = [
                    Flaw::TakesAnyWord,
                    Flaw::IgnoresErrorsInASuccess,
                    Flaw::GuessesTypes,
                ];
                let looks = !looks_not.into_iter().any(|flaw| self.has(flaw));
                if method != "GET" && looks && json["result"] != CONFIRMED {
                    return Err(Error::new(ErrorKind::BadResponse, "another word"));
                }
                return Ok(reply.body);
            }
            if operation.is_write() && self.has(Flaw::TakesAnyReplyForSuccess) {
                return Ok(json!({"id": 1001, "deleted": []}).to_string());
            }
            if body.is_empty() && self.has(Flaw::TakesNothingForATicket) {
                return Ok(json!({"id": 1, "tickets": []}).to_string());
            }
            assert!(!self.has(Flaw::PanicsOnNonsense), "what is this");
            let kind = match self.flaw {
                Some(Flaw::CallsNonsenseAFailure) => ErrorKind::Server,
                _ => ErrorKind::BadResponse,
            };
            let message = match self.flaw {
                Some(Flaw::QuotesTheReply) => format!("the reply cannot be read: {body}"),
                _ => "the reply cannot be read".to_owned(),
            };
            let error = Error::new(kind, message);
            return Err(match self.flaw {
                Some(Flaw::NonsenseHasNoEffect) => error.with_effect(Effect::None),
                _ => error,
            });
        }
        if reply.status == 404 && self.has(Flaw::TakesMissingForDone) {
            return Ok(json!({"id": 1}).to_string());
        }
        Err(self.rejection(&reply))
    }

    fn rejection(&self, reply: &Reply) -> Error {
        let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        let words = body["error"].as_str().unwrap_or_default();
        // The desk's errors have one field.
        let is_own =
            body["error"].is_string() && body.as_object().is_some_and(|all| all.len() == 1);
        let kind = match reply.status {
            408 | 499 => ErrorKind::Timeout,
            429 => ErrorKind::RateLimited,
            404 if is_own && self.has(Flaw::ReadsGoneAsNonsense) => ErrorKind::BadResponse,
            404 if is_own || self.has(Flaw::TakesAGatewaysWord) => ErrorKind::NotFound,
            403 if is_own || self.has(Flaw::TakesAFirewallsWord) => ErrorKind::Forbidden,
            300..=399 if self.has(Flaw::CallsARedirectASignIn) => ErrorKind::Unauthenticated,
            400..=499 if !is_own => ErrorKind::BadResponse,
            401 if words == TOKEN_EXPIRED => ErrorKind::TokenExpired,
            401 => ErrorKind::Unauthenticated,
            412 if self.has(Flaw::CallsAStaleVersionBadInput) => ErrorKind::InvalidInput,
            409 | 412 => ErrorKind::Conflict,
            200..=399 => ErrorKind::BadResponse,
            502..=504 => ErrorKind::Unavailable,
            500..=599 => ErrorKind::Server,
            _ => ErrorKind::InvalidInput,
        };
        let kind = match self.flaw {
            Some(Flaw::CallsEverythingAFailure) => ErrorKind::Server,
            Some(Flaw::CallsEverythingAnOutage) => ErrorKind::Unavailable,
            _ => kind,
        };
        let effect = match reply.status {
            408 | 499 if !self.has(Flaw::LateRefusalsHaveNoEffect) => Effect::Unknown,
            400..=499 if !self.has(Flaw::RefusalsAreUnknown) => Effect::None,
            500..=599 if self.has(Flaw::FailuresHaveNoEffect) => Effect::None,
            _ => Effect::Unknown,
        };
        let message = match self.flaw {
            Some(Flaw::TellsTheUrl) => "refused by https://desk.example.com/tickets".to_owned(),
            Some(Flaw::TellsTheKey) => format!("refused with the key {}", self.key),
            _ => "the vendor refused".to_owned(),
        };
        let mut error = Error::new(kind, message).with_effect(effect);
        if !self.has(Flaw::ForgetsTheStatus) {
            error = error.with_status(reply.status);
        }
        let wait = reply.retry_after.as_ref();
        if let Some(value) = wait.filter(|_| !self.has(Flaw::ForgetsTheWait)) {
            let wait = value.parse().ok().filter(|wait| *wait > 0);
            let wait = match self.flaw {
                Some(Flaw::TakesAnyWait) => Some(wait.unwrap_or(0)),
                _ => wait,
            };
            error = wait.map_or(error.clone(), |wait| {
                error.with_retry_after(Duration::from_secs(wait))
            });
        }
        let words = match self.flaw {
            Some(Flaw::RepeatsTheVendor) => words.to_owned(),
            Some(Flaw::ForgetsTheWords) => String::new(),
            _ => words.replace(&self.key, "[a credential]"),
        };
        error.with_vendor_message(&words)
    }

    /// A path with the id in it.
    pub(crate) fn path(&self, id: &TicketId, rest: &str) -> String {
        let text = id.as_str();
        let text = match self.flaw {
            Some(Flaw::PastesIds) => text.to_owned(),
            Some(Flaw::ReadsNumbersOutOfIds) => {
                let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
                digits.chars().take_while(char::is_ascii_digit).collect()
            }
            _ => percent(text),
        };
        format!("/tickets/{text}{rest}")
    }

    pub(crate) fn bad(&self, operation: Operation, message: &str) -> Error {
        self.place(Error::new(ErrorKind::BadResponse, message), operation)
    }
}

/// Sends once more when the call is dropped.
struct Continue(Option<(Arc<Desk>, Request)>);

impl Drop for Continue {
    fn drop(&mut self) {
        if let Some((desk, request)) = self.0.take() {
            tokio::spawn(async move { desk.serve(request).await });
        }
    }
}

#[derive(Debug)]
struct Cause(String);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "authorization: Basic {}", self.0)
    }
}

impl std::error::Error for Cause {}

pub(crate) fn percent(text: &str) -> String {
    text.bytes().map(encoded).collect()
}

fn encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

pub(crate) fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in text.as_bytes().chunks(3) {
        let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..=group.len() {
            let digit = bits >> (18 - 6 * place) & 63;
            out.push(char::from(DIGITS[digit as usize]));
        }
    }
    out
}
