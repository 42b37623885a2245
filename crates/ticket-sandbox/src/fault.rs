//! What goes wrong, and when: faults, scripted rules and the seeded dice.
//!
//! Not for how a fault looks on the wire: see `answer.rs`.

use std::time::Duration;

use crate::vendor::{Endpoint, Vendor};

/// Something that goes wrong with one request.
///
/// "With effect" means that the vendor acts on the call first, as if nothing were wrong: it checks
/// the credentials and the limits and, where they are in order, does what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// With effect; then the connection is closed without a byte of answer.
    LostResponse,
    /// Without effect; the connection is reset without a byte of answer.
    ConnectionReset,
    /// Without effect; answered with this status in the vendor's error form.
    Status(u16),
    /// With effect; answered with this status in the vendor's error form all the same.
    StatusAfterEffect(u16),
    /// Without effect; answered 429 in the vendor's form.
    RateLimited {
        /// Seconds for a `Retry-After` header; without it the header is left out.
        retry_after: Option<u64>,
    },
    /// Without effect; an HTML page with this status, as a gateway or a login wall gives it.
    HtmlPage {
        /// The status of the page, 200 included.
        status: u16,
    },
    /// With effect; the answer's body ends in the middle, and `Content-Length` agrees with it.
    TruncatedJson,
    /// With effect; `Content-Length` promises the whole body, the connection is closed in its middle.
    CutBody,
    /// With effect; the answer keeps its status and loses its body.
    EmptyBody,
    /// Without effect; the vendor's error form in an answer with status 200.
    ErrorInside200,
    /// With effect; the answer keeps its keys, but numbers become text, booleans become text
    /// and text becomes a number (its value, or else its length).
    WrongTypes,
    /// With effect; the answer is followed by blanks up to this many bytes, without a
    /// `Content-Length`. The body is streamed, so any size is cheap here.
    OversizedBody(u64),
    /// With effect; the answer's body comes one byte at a time with this pause before each.
    SlowDrip(Duration),
    /// With effect at once; the answer comes after this time.
    Delay(Duration),
    /// Without effect; exactly this answer. Credentials and limits are not looked at.
    ///
    /// Framing headers (`Content-Length`, `Transfer-Encoding`, `Connection`) and headers that HTTP
    /// cannot carry are left out; the sandbox frames the body itself.
    Reply {
        /// The status of the answer.
        status: u16,
        /// Names and values of its headers.
        headers: Vec<(String, String)>,
        /// The bytes of its body.
        body: Vec<u8>,
    },
}

/// When a [`Fault`] is to happen: on which requests, after how many, how often.
///
/// Without narrowing it applies to the next request, once.
///
/// ```
/// use ticket_sandbox::{Endpoint, Fault, Rule, Vendor};
///
/// // The second and the third delete at Sweeppea are lost.
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
    skip: u64,
    times: u64,
}

impl Rule {
    /// Makes a rule that applies to the next request, whatever it is, once.
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            vendor: None,
            endpoint: None,
            skip: 0,
            times: 1,
        }
    }

    /// Narrows the rule to requests under this vendor's prefix.
    #[must_use]
    pub fn vendor(mut self, vendor: Vendor) -> Self {
        self.vendor = Some(vendor);
        self
    }

    /// Narrows the rule to this call.
    #[must_use]
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Lets this many matching requests pass before the first fault.
    #[must_use]
    pub fn skip(mut self, requests: u64) -> Self {
        self.skip = requests;
        self
    }

    /// Applies the fault this often, then never again; `u64::MAX` is for ever.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    fn matches(&self, vendor: Option<Vendor>, endpoint: Option<Endpoint>) -> bool {
        (self.vendor.is_none() || self.vendor == vendor)
            && (self.endpoint.is_none() || self.endpoint == endpoint)
    }
}

/// All rules and the dice.
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

    pub(crate) fn set_random(&mut self, seed: u64, probability: f64, faults: Vec<Fault>) {
        self.random = Some(RandomFaults {
            rng: fastrand::Rng::with_seed(seed),
            probability,
            faults,
        });
    }

    /// The fault for this request. Every matching rule counts the request against its `skip`;
    /// the first one that is due applies. The dice are drawn for every request, also where a
    /// rule applies, so that a rule does not shift the random faults behind it.
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
        let drawn = self.random.as_mut().and_then(RandomFaults::draw);
        picked.or(drawn)
    }
}

impl RandomFaults {
    fn draw(&mut self) -> Option<Fault> {
        let hit = self.rng.f64() < self.probability;
        let chosen = self.rng.choice(&self.faults);
        if hit { chosen.cloned() } else { None }
    }
}
