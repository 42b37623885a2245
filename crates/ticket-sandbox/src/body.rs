//! Faulty response bodies, streamed so that large ones need no memory.
//!
//! Their content comes from `answer.rs`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

const BLANKS: &[u8] = &[b' '; 64 * 1024];

/// An error that makes the server end the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Close,
    Reset,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection cut on purpose")
    }
}

impl std::error::Error for Cut {}

/// The body of an answer.
pub(crate) enum AnswerBody {
    Whole(Bytes),
    Dripping {
        rest: Bytes,
        pause: Duration,
        waiting: Pin<Box<Sleep>>,
        /// Dropped when the last byte has been sent.
        busy_guard: Option<Arc<()>>,
    },
    /// Sends its bytes and then fails, which makes the server close the connection.
    CutAfter {
        sent: Bytes,
        flushed: bool,
    },
    Padded {
        first: Bytes,
        blanks: u64,
    },
}

impl AnswerBody {
    pub(crate) fn dripping(body: Vec<u8>, pause: Duration, busy_guard: Option<Arc<()>>) -> Self {
        Self::Dripping {
            rest: body.into(),
            pause,
            waiting: Box::pin(sleep(pause)),
            busy_guard,
        }
    }

    pub(crate) fn cut_midway(mut body: Vec<u8>) -> Self {
        body.truncate(body.len() / 2);
        Self::CutAfter {
            sent: body.into(),
            flushed: false,
        }
    }

    pub(crate) fn padded(body: Vec<u8>, size: u64) -> Self {
        Self::Padded {
            blanks: size.saturating_sub(body.len() as u64),
            first: body.into(),
        }
    }
}

fn next(bytes: Bytes) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
    Poll::Ready(Some(Ok(Frame::data(bytes))))
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => next(std::mem::take(bytes)),
            Self::Dripping { rest, .. } if rest.is_empty() => Poll::Ready(None),
            Self::Dripping {
                rest,
                pause,
                waiting,
                busy_guard,
            } => {
                std::task::ready!(waiting.as_mut().poll(cx));
                *waiting = Box::pin(sleep(*pause));
                let byte = rest.split_to(1);
                if rest.is_empty() {
                    *busy_guard = None;
                }
                next(byte)
            }
            Self::CutAfter { sent, .. } if !sent.is_empty() => next(std::mem::take(sent)),
            Self::CutAfter { flushed: true, .. } => Poll::Ready(Some(Err(Cut::Close))),
            // If the body fails immediately, the server discards the bytes that it has not written yet; if the body
            // is pending first, the server writes them.
            Self::CutAfter { flushed, .. } => {
                *flushed = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Self::Padded { first, .. } if !first.is_empty() => next(std::mem::take(first)),
            Self::Padded { blanks: 0, .. } => Poll::Ready(None),
            Self::Padded { blanks, .. } => {
                let size = BLANKS
                    .len()
                    .min(usize::try_from(*blanks).unwrap_or(usize::MAX));
                *blanks -= size as u64;
                next(Bytes::from_static(BLANKS).slice(..size))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(rest) | Self::Dripping { rest, .. } => rest.is_empty(),
            Self::CutAfter { .. } | Self::Padded { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(rest) | Self::Dripping { rest, .. } => {
                SizeHint::with_exact(rest.len() as u64)
            }
            Self::CutAfter { .. } | Self::Padded { .. } => SizeHint::default(),
        }
    }
}
