//! A stream that fails if a request arrives only in part and the rest does not follow.

use std::future::Future as _;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// How long the rest of a request may take.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// Whether a request is being received. Shared by the stream, which sees it begin, and the service, which sees it end.
#[derive(Debug, Default)]
pub(super) struct Receiving {
    now: AtomicBool,
    received: AtomicU64,
}

impl Receiving {
    /// A request has arrived whole.
    pub(super) fn done(&self) {
        self.now.store(false, Ordering::Relaxed);
        self.received.fetch_add(1, Ordering::Relaxed);
    }
}

pub(super) struct TimedStream {
    stream: TcpStream,
    receiving: Arc<Receiving>,
    /// The number of the request that the deadline is for, and the deadline.
    deadline: Option<(u64, Pin<Box<Sleep>>)>,
}

impl TimedStream {
    pub(super) fn new(stream: TcpStream, receiving: Arc<Receiving>) -> Self {
        Self {
            stream,
            receiving,
            deadline: None,
        }
    }

    pub(super) fn into_inner(self) -> TcpStream {
        self.stream
    }

    /// Pending until the request that is being received is late.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.receiving.now.load(Ordering::Relaxed) {
            self.deadline = None;
            return Poll::Pending;
        }
        let number = self.receiving.received.load(Ordering::Relaxed);
        let deadline = self.deadline.take().filter(|(of, _)| *of == number);
        let deadline = deadline.unwrap_or_else(|| (number, Box::pin(sleep(TIMEOUT))));
        self.deadline.insert(deadline).1.as_mut().poll(cx)
    }
}

impl AsyncRead for TimedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(cx, buffer) {
            if buffer.filled().len() > before {
                this.receiving.now.store(true, Ordering::Relaxed);
            }
            return Poll::Ready(read);
        }
        ready!(this.poll_late(cx));
        Poll::Ready(Err(Error::from(ErrorKind::TimedOut)))
    }
}

impl AsyncWrite for TimedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
