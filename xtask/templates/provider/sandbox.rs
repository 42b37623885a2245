//! Acme: nothing is played yet.
//!
//! To be done: a variant of `Vendor`, its credentials, and the vendor's endpoints here, as the other vendors'
//! modules have them. Until then the tests of `ticket-acme` bring a vendor of their own.
