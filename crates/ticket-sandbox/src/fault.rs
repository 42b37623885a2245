//! Faults, the rules that say when they apply, and seeded random faults.
//!
//! What a fault does to an answer is in `answer.rs`.

mod kinds;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use kinds::{Gateway, JobFault, OddId, OddRetryAfter, OddRow, TicketFault, WrongTotal};

use crate::calendar::seconds;
use crate::vendor::{Endpoint, Vendor};

/// A failure of one request.
///
/// "With effect" means that the vendor handles the call as it does without a fault: it checks the credentials and the
/// quota and, if both allow it, carries out the call. "Without effect" means that the vendor does not handle the
/// call.
///
/// Some faults only concern certain endpoints, such as lists; they wait for a request to one of them. Some last: they
/// say so with "from this request on". A fault becomes the vendor's permanent behaviour with [`Rule::always`].
///
/// In JSON, a fault is its name in snake case; a fault with a value is an object. Times are in seconds, bodies are
/// text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// With effect. The connection closes before any byte of the answer is sent.
    LostResponse,
    /// Without effect. The connection is reset before any byte of the answer is sent.
    ConnectionReset,
    /// Without effect. The connection closes before any byte of the answer is sent.
    ClosedBeforeEffect,
    /// With effect. The connection is reset before any byte of the answer is sent.
    ResetAfterEffect,
    /// With effect. The complete answer is sent; then the connection closes without having been announced. The next
    /// request on it is lost without effect.
    CloseAfterReply,
    /// Like `CloseAfterReply`, but the connection is reset.
    ResetAfterReply,
    /// Without effect. The answer has this status and the vendor's error format.
    Status(u16),
    /// With effect. The answer is an error with this status in the vendor's format, although the call was carried
    /// out.
    StatusAfterEffect(u16),
    /// Without effect. The answer is a 429 in the vendor's error format.
    RateLimited {
        /// The `Retry-After` header in seconds; `None` sends no such header.
        retry_after: Option<u64>,
    },
    /// Without effect. The answer is an HTML page with this status, as sent by a gateway or a login page.
    HtmlPage {
        /// The status of the page, which may be 200.
        status: u16,
    },
    /// With effect. The body is cut in half, and `Content-Length` is the length of that half.
    TruncatedJson,
    /// With effect. `Content-Length` announces the whole body, and the connection closes in the middle of it.
    CutBody,
    /// With effect. The answer has its usual status and no body.
    EmptyBody,
    /// Without effect. The answer has status 200 and an error in the vendor's format.
    #[serde(rename = "error_inside_200")]
    ErrorInside200,
    /// With effect. The answer has status 200 and an error in the vendor's format.
    #[serde(rename = "error_inside_200_after_effect")]
    ErrorInside200AfterEffect,
    /// On writes. The answer is that of a success, but with this status, and nothing is done.
    AcceptedNotDone(u16),
    /// On writes. Like `AcceptedNotDone`, but it is done after this time.
    AcceptedForLater {
        /// The status of the answer.
        status: u16,
        /// When it is done, counted from the request.
        #[serde(with = "seconds")]
        after: Duration,
    },
    /// On writes, with effect. For this time, reads (including lists) show the changed tickets as they were before.
    LaggingReads(#[serde(with = "seconds")] Duration),
    /// From this request on, the vendor gives the highest id plus 1 to a new ticket, so the id of a deleted ticket can
    /// be given out again.
    IdsGivenOutAgain,
    /// Before the vendor handles the call, others file this many tickets.
    TicketsFiled(usize),
    /// On lists. Before the vendor handles the call, others delete this many tickets from the beginning of the list.
    TicketsRemoved(usize),
    /// On lists. The tickets are in the opposite order, so that some rows of other pages come again and others are
    /// missing.
    ReversedOrder,
    /// On lists. The total is wrong.
    WrongTotal(WrongTotal),
    /// On lists. One row is odd.
    OddRow(OddRow),
    /// On batch deletes (LeadSquared), with effect. One id in the reply is odd.
    OddId(OddId),
    /// Without effect. Somebody else answers in place of the vendor.
    Gateway(Gateway),
    /// Without effect. The answer is a 429 with an odd `Retry-After` header.
    OddRetryAfter(OddRetryAfter),
    /// On requests that begin a job (Zendesk's deletes of several tickets). The job is odd.
    Job(JobFault),
    /// On requests that name a ticket. From this request on, the first one has this fault.
    Ticket(TicketFault),
    /// On token requests. The new token is refused as expired for this time.
    FreshTokenRefused(#[serde(with = "seconds")] Duration),
    /// With effect. The body is compressed with gzip, whatever the request accepts.
    Gzip,
    /// From this request on, nothing reaches the vendor for this time.
    Outage {
        /// How long it lasts.
        #[serde(with = "seconds")]
        duration: Duration,
        /// The status of every answer; `None` refuses connections. (With a socket, they are accepted and then closed
        /// without an answer.)
        status: Option<u16>,
    },
    /// With effect. The answer keeps its keys, but numbers and booleans become strings, and strings become numbers
    /// (the parsed value, or else the length).
    WrongTypes,
    /// With effect. The body is padded with spaces to this many bytes, without a `Content-Length`. It is streamed, so
    /// a large size needs no memory in the sandbox.
    OversizedBody(u64),
    /// With effect. The body is sent one byte at a time, with this pause before each byte.
    SlowDrip(#[serde(with = "seconds")] Duration),
    /// With effect immediately. The answer is sent after this delay.
    Delay(#[serde(with = "seconds")] Duration),
    /// Without effect. The answer is exactly this one; credentials and quotas are not checked.
    ///
    /// Framing headers (`Content-Length`, `Transfer-Encoding`, `Connection`) and headers that are invalid in HTTP are
    /// dropped; the sandbox frames the body itself.
    Reply {
        /// The status of the answer.
        status: u16,
        /// Names and values of its headers.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// The bytes of its body.
        #[serde(default, with = "text")]
        body: Vec<u8>,
    },
}

impl Fault {
    /// Whether the fault means anything for a request to this endpoint.
    fn concerns(&self, vendor: Option<Vendor>, endpoint: Option<Endpoint>) -> bool {
        use Endpoint as E;

        match self {
            Self::AcceptedNotDone(_) | Self::AcceptedForLater { .. } | Self::LaggingReads(_) => {
                endpoint.is_some_and(Endpoint::is_write)
            }
            Self::TicketsRemoved(_)
            | Self::ReversedOrder
            | Self::WrongTotal(_)
            | Self::OddRow(_) => endpoint == Some(E::List),
            Self::OddId(_) => {
                matches!(vendor, Some(Vendor::LeadSquared | Vendor::Rt))
                    && endpoint == Some(E::Delete)
            }
            Self::Job(_) => vendor == Some(Vendor::Zendesk) && endpoint == Some(E::Delete),
            Self::Ticket(_) => !matches!(
                endpoint,
                None | Some(E::Authenticate | E::List | E::Create | E::Lookup | E::Stage | E::Job)
            ),
            Self::FreshTokenRefused(_) => endpoint == Some(E::Authenticate),
            Self::IdsGivenOutAgain | Self::TicketsFiled(_) | Self::Outage { .. } => {
                vendor.is_some()
            }
            _ => true,
        }
    }
}

/// Bodies in JSON: text.
mod text {
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(body: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&String::from_utf8_lossy(body))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        String::deserialize(from).map(String::into_bytes)
    }
}

/// When a [`Fault`] applies: to which requests, after how many of them, and how many times.
///
/// By default it applies once, to the next request.
///
/// ```
/// use ticket_sandbox::{Endpoint, Fault, Rule, Vendor};
///
/// // The replies to the second and the third delete at Sweeppea are lost.
/// let rule = Rule::new(Fault::LostResponse)
///     .vendor(Vendor::Sweeppea)
///     .endpoint(Endpoint::Delete)
///     .skip(1)
///     .times(2);
/// # let _ = rule;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    fault: Fault,
    vendor: Option<Vendor>,
    endpoint: Option<Endpoint>,
    is_write: Option<bool>,
    skip: u64,
    times: u64,
}

impl Rule {
    /// Creates a rule that applies once, to the next request of any kind.
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            vendor: None,
            endpoint: None,
            is_write: None,
            skip: 0,
            times: 1,
        }
    }

    /// Limits the rule to requests to this vendor.
    #[must_use]
    pub fn vendor(mut self, vendor: Vendor) -> Self {
        self.vendor = Some(vendor);
        self
    }

    /// Limits the rule to this endpoint.
    #[must_use]
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Limits the rule to requests that write.
    #[must_use]
    pub fn writes(mut self) -> Self {
        self.is_write = Some(true);
        self
    }

    /// Limits the rule to requests that read. One for a token does not.
    #[must_use]
    pub fn reads(mut self) -> Self {
        self.is_write = Some(false);
        self
    }

    /// Skips this many matching requests before the first fault. Default 0.
    #[must_use]
    pub fn skip(mut self, requests: u64) -> Self {
        self.skip = requests;
        self
    }

    /// Applies the fault this many times. Default 1; `u64::MAX` means always.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Applies the fault to every matching request: the vendor behaves like that.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }

    fn matches(&self, vendor: Option<Vendor>, endpoint: Option<Endpoint>) -> bool {
        (self.vendor.is_none() || self.vendor == vendor)
            && (self.endpoint.is_none() || self.endpoint == endpoint)
            && self.is_write.is_none_or(|is_write| {
                let endpoint = endpoint.filter(|endpoint| *endpoint != Endpoint::Authenticate);
                endpoint.map(Endpoint::is_write) == Some(is_write)
            })
            && self.fault.concerns(vendor, endpoint)
    }
}

/// All rules and the random faults.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    random: Option<RandomFaults>,
}

#[derive(Debug)]
struct RandomFaults {
    rng: fastrand::Rng,
    probability: f64,
    faults: Vec<Fault>,
}

impl Faults {
    pub(crate) fn add(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    /// Removes all rules.
    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn set_random(&mut self, seed: u64, probability: f64, faults: Vec<Fault>) {
        self.random = Some(RandomFaults {
            rng: fastrand::Rng::with_seed(seed),
            probability,
            faults,
        });
    }

    /// The fault for this request. Every matching rule counts the request against its `skip`; the first one that is
    /// due applies. The random generator advances on every request, even if a rule applies, so a rule does not change
    /// later random faults.
    pub(crate) fn pick(
        &mut self,
        vendor: Option<Vendor>,
        endpoint: Option<Endpoint>,
    ) -> Option<Fault> {
        let mut picked = None;
        for rule in &mut self.rules {
            if !rule.matches(vendor, endpoint) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
            } else if picked.is_none() && rule.times > 0 {
                rule.times -= 1;
                picked = Some(rule.fault.clone());
            }
        }
        self.rules.retain(|rule| rule.times > 0);
        let random = self.random.as_mut();
        let drawn = random.and_then(|random| random.draw(vendor, endpoint));
        picked.or(drawn)
    }
}

impl RandomFaults {
    /// Draws one of the faults that concern the request. Advances the generator on every request.
    fn draw(&mut self, vendor: Option<Vendor>, endpoint: Option<Endpoint>) -> Option<Fault> {
        let hit = self.rng.f64() < self.probability;
        let faults = self.faults.iter();
        let concerned = faults.filter(|fault| fault.concerns(vendor, endpoint));
        let chosen = self.rng.choice(concerned.collect::<Vec<_>>());
        if hit { chosen.cloned() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn faults_written_as_json_read_back_the_same() {
        for written in [
            json!("lost_response"),
            json!("connection_reset"),
            json!("closed_before_effect"),
            json!("reset_after_effect"),
            json!("error_inside_200_after_effect"),
            json!({ "accepted_not_done": 202 }),
            json!({ "accepted_for_later": { "status": 202, "after": 5.0 } }),
            json!({ "lagging_reads": 5.0 }),
            json!("ids_given_out_again"),
            json!({ "tickets_filed": 1 }),
            json!({ "tickets_removed": 5 }),
            json!("reversed_order"),
            json!({ "wrong_total": "page_size" }),
            json!({ "odd_row": "lone_surrogate" }),
            json!({ "odd_id": "unasked" }),
            json!({ "gateway": "sign_in" }),
            json!({ "odd_retry_after": "negative" }),
            json!({ "ticket": { "refused": 409 } }),
            json!({ "ticket": { "merged_into": "121" } }),
            json!({ "ticket": "owned_by_other" }),
            json!({ "fresh_token_refused": 0.5 }),
            json!("gzip"),
            json!({ "outage": { "duration": 10.0, "status": 503 } }),
            json!("close_after_reply"),
            json!("reset_after_reply"),
            json!({ "status": 503 }),
            json!({ "status_after_effect": 502 }),
            json!({ "rate_limited": { "retry_after": 7 } }),
            json!({ "html_page": { "status": 200 } }),
            json!("truncated_json"),
            json!("cut_body"),
            json!("empty_body"),
            json!("error_inside_200"),
            json!("wrong_types"),
            json!({ "oversized_body": 5_000_000 }),
            json!({ "slow_drip": 0.25 }),
            json!({ "delay": 2.0 }),
            json!({ "reply": { "status": 418, "headers": [["x-one", "1"]], "body": "{" } }),
        ] {
            let fault: Fault = serde_json::from_value(written.clone()).unwrap();
            assert_eq!(serde_json::to_value(&fault).unwrap(), written);
        }
        let absent: Fault = serde_json::from_value(json!({ "rate_limited": {} })).unwrap();
        assert_eq!(absent, Fault::RateLimited { retry_after: None });
        let short: Value = json!({ "reply": { "status": 418 } });
        assert!(serde_json::from_value::<Fault>(short).is_ok());
    }
}
