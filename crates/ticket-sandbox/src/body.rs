//! Response bodies, also faulty ones, streamed so that large ones need no memory.
//!
//! Their content comes from `answer.rs`.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::sync::Notify;
use tokio::time::{Sleep, sleep};

use crate::answer::{Delivery, Lost};

const BLANKS: &[u8] = &[b' '; 64 * 1024];

/// The body of an answer.
pub(crate) struct AnswerBody {
    content: Content,
    /// Notifies when the body has been sent or given up.
    sent: Option<NotifyOnDrop>,
}

struct NotifyOnDrop(Arc<Notify>);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

enum Content {
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
    pub(crate) fn new(body: Vec<u8>, delivery: &Delivery, busy_guard: Option<Arc<()>>) -> Self {
        let content = match *delivery {
            Delivery::Immediate | Delivery::Delayed(_) | Delivery::ThenEnd(_) => {
                Content::Whole(body.into())
            }
            Delivery::Dripping(pause) => Content::Dripping {
                rest: body.into(),
                pause,
                waiting: Box::pin(sleep(pause)),
                busy_guard,
            },
            Delivery::CutMidway => {
                let half = body.len() / 2;
                Content::CutAfter {
                    sent: Bytes::from(body).slice(..half),
                    flushed: false,
                }
            }
            Delivery::PaddedTo(size) => Content::Padded {
                blanks: size.saturating_sub(body.len() as u64),
                first: body.into(),
            },
        };
        Self {
            content,
            sent: None,
        }
    }

    pub(crate) fn notify_when_sent(&mut self, sent: Arc<Notify>) {
        self.sent = Some(NotifyOnDrop(sent));
    }
}

fn next(bytes: Bytes) -> Poll<Option<Result<Frame<Bytes>, Lost>>> {
    Poll::Ready(Some(Ok(Frame::data(bytes))))
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Lost;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Lost>>> {
        match &mut self.get_mut().content {
            Content::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Whole(bytes) => next(std::mem::take(bytes)),
            Content::Dripping { rest, .. } if rest.is_empty() => Poll::Ready(None),
            Content::Dripping {
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
            Content::CutAfter { sent, .. } if !sent.is_empty() => next(std::mem::take(sent)),
            Content::CutAfter { flushed: true, .. } => Poll::Ready(Some(Err(Lost::Closed))),
            // If the body fails immediately, the server discards the bytes that it has not written yet; if the body
            // is pending first, the server writes them.
            Content::CutAfter { flushed, .. } => {
                *flushed = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Content::Padded { first, .. } if !first.is_empty() => next(std::mem::take(first)),
            Content::Padded { blanks: 0, .. } => Poll::Ready(None),
            Content::Padded { blanks, .. } => {
                let size = BLANKS
                    .len()
                    .min(usize::try_from(*blanks).unwrap_or(usize::MAX));
                *blanks -= size as u64;
                next(Bytes::from_static(BLANKS).slice(..size))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(rest) | Content::Dripping { rest, .. } => rest.is_empty(),
            Content::CutAfter { .. } | Content::Padded { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(rest) | Content::Dripping { rest, .. } => {
                SizeHint::with_exact(rest.len() as u64)
            }
            Content::CutAfter { .. } | Content::Padded { .. } => SizeHint::default(),
        }
    }
}
