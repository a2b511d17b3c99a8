//! The listening socket: connections in bounded number, each with a limit on how slowly it may speak, and a clean end.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use crate::companion::near::Ends;

/// Connections at a time. Further ones wait in the kernel's queue.
const CONNECTIONS: usize = 1_024;

/// How long a client may take for the headers of a request, and how long a connection may stay idle.
const HEADER_TIME: Duration = Duration::from_secs(15);

/// How long requests may still run when the server has been told to end.
const LAST_ORDERS: Duration = Duration::from_secs(5);

/// How long to wait when the system has no file descriptor left.
const BREATH: Duration = Duration::from_millis(100);

/// Serves until `end` is ready, then answers what has begun and returns.
pub async fn serve(listener: TcpListener, router: Router, end: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let connections = GracefulShutdown::new();
    let mut end = pin!(end);
    loop {
        let place = Arc::clone(&places).acquire_owned();
        let accepted = async { (place.await, listener.accept().await) };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut end => break,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection was lost before it began");
                if !is_the_clients(&error) {
                    sleep(BREATH).await;
                }
                continue;
            }
        };
        let ends = stream.local_addr().ok().map(|to| Ends { from, to });
        let service = TowerToHyperService::new(router.clone().map_request(move |mut request: Request<_>| {
            if let Some(ends) = ends {
                request.extensions_mut().insert(ends);
            }
            request
        }));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIME)
            .serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop(place);
        });
    }
    drop(listener);
    if timeout(LAST_ORDERS, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests were cut off");
    }
}

/// Errors that say nothing about the next connection.
fn is_the_clients(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
}
