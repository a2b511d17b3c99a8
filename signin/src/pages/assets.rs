//! Style and script, part of the program.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

/// Both change with the program only, but under the same address: five minutes are short enough after an update.
const CACHE: &str = "max-age=300";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(
            "/assets/signin.css",
            get(async || asset("text/css; charset=utf-8", include_str!("../../assets/signin.css"))),
        )
        .route(
            "/assets/signin.js",
            get(async || asset("text/javascript; charset=utf-8", include_str!("../../assets/signin.js"))),
        )
        .route("/assets/icon.svg", get(async || asset("image/svg+xml", include_str!("../../assets/icon.svg"))))
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, CACHE)], text)
}
