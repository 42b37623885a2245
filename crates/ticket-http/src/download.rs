//! Replies whose body is read as it arrives: files, which may be large.

use futures_util::StreamExt as _;
use futures_util::stream;
use ticket_core::provider::Download;
use ticket_core::{Error, ErrorKind, Result};

use crate::client::HttpClient;
#[cfg(feature = "transport")]
use crate::exchange;
use crate::exchange::{Carrier, Inner, Sent};
use crate::failure;
use crate::response::HttpResponse;

pub(crate) async fn download(
    client: &HttpClient,
    request: reqwest::Request,
    sent: Sent,
) -> Result<(HttpResponse, Download)> {
    let inner = &client.inner;
    match &inner.carrier {
        Carrier::Network(network) => {
            let (response, reply) = network.download(inner, request, sent).await?;
            let download = reply.map_or_else(nothing, |reply| parts(client.clone(), reply));
            Ok((response, download))
        }
        #[cfg(feature = "transport")]
        Carrier::Injected(transport) => {
            let mut response = exchange::exchange(inner, &**transport, request, sent).await?;
            if !response.is_success() {
                return Ok((response, nothing()));
            }
            let body = std::mem::take(&mut response.body);
            let download = Download::new(stream::iter([Ok(body)]).boxed());
            Ok((response, download))
        }
    }
}

pub(crate) fn nothing() -> Download {
    Download::new(stream::empty().boxed())
}

/// The parts of the body. A part that does not come in the time of a request ends the stream with an error.
fn parts(client: HttpClient, reply: reqwest::Response) -> Download {
    let parts = stream::try_unfold(reply, move |mut reply| {
        let client = client.clone();
        async move {
            let inner = &client.inner;
            match tokio::time::timeout(inner.timeout, reply.chunk()).await {
                Ok(Ok(part)) => Ok(part.map(|part| (part.to_vec(), reply))),
                Ok(Err(error)) => Err(lost(inner, &error)),
                Err(_) => {
                    let message = failure::timed_out(&inner.base.peer, inner.timeout);
                    Err(Error::new(ErrorKind::Timeout, message))
                }
            }
        }
    });
    Download::new(parts.boxed())
}

fn lost(inner: &Inner, error: &reqwest::Error) -> Error {
    match &inner.carrier {
        Carrier::Network(network) => network.lost(inner, error),
        #[cfg(feature = "transport")]
        Carrier::Injected(_) => Error::new(ErrorKind::Unavailable, failure::lost(&inner.base.peer)),
    }
}
