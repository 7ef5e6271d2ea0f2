//! A connection that is closed in such a way that the other side hears the last word.
//!
//! Who sends more than we want to read is told so, and closed. Were the socket simply dropped, what still arrives would be
//! answered with a reset, and the reset would throw away what was told last before it is read. So nothing is said any more,
//! but for a moment what comes is read and forgotten.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// So long what still comes is read.
const MOMENT: Duration = Duration::from_secs(2);

/// A stream that lingers when it is dropped.
pub struct Lingering {
    /// None only while it is dropped.
    stream: Option<TcpStream>,
    /// While files are short nobody may linger.
    short: watch::Receiver<bool>,
}

impl Lingering {
    /// Of this stream. While `short` holds it is closed at once.
    pub fn new(stream: TcpStream, short: watch::Receiver<bool>) -> Lingering {
        Lingering { stream: Some(stream), short }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let Some(mut stream) = self.stream.take() else { return };
        let gone = matches!(stream.try_read(&mut [0]), Ok(0));
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if gone || *self.short.borrow() {
            return;
        }
        runtime.spawn(async move {
            let rest = async {
                stream.shutdown().await?;
                let mut forgotten = [0; 4096];
                while stream.read(&mut forgotten).await? > 0 {}
                Ok::<_, io::Error>(())
            };
            let _ = tokio::time::timeout(MOMENT, rest).await;
        });
    }
}

impl AsyncRead for Lingering {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(context, into)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(context, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write_vectored(context, from)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }
}
