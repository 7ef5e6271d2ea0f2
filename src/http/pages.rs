//! The web example at `/`, GraphiQL at `/graphiql`.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use tower_http::services::{ServeDir, ServeFile};

use super::web::Web;
use crate::platform::config::HttpConfig;

/// The routes of the pages; without a built web example, `/` leads to GraphiQL.
pub fn routes(config: &HttpConfig) -> Router<Web> {
    let index = config.web_dir.join("index.html");
    let bundled = config.web_dir.join("graphiql.html");
    // Reached as /graphiql alone, so that switching it off switches all of it off.
    let mut router = Router::new().route("/graphiql.html", get(|| async { StatusCode::NOT_FOUND }));
    if config.graphiql {
        router = if bundled.exists() {
            router.route_service("/graphiql", ServeFile::new(bundled))
        } else {
            router.route("/graphiql", get(graphiql))
        };
    }
    if index.exists() {
        router = router
            .nest_service("/assets", ServeDir::new(config.web_dir.join("assets")))
            .fallback_service(ServeDir::new(&config.web_dir).fallback(ServeFile::new(index)));
    } else if config.graphiql {
        router = router.route("/", get(|| async { Redirect::temporary("/graphiql") }));
    }
    router.layer(from_fn(headers))
}

/// What the built pages may load and run: what comes from here, and the styles that their components write.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// Assets carry a hash of their content in their names and never change; pages are asked for anew each time, and say what
/// they may load.
async fn headers(request: Request, next: Next) -> Response {
    let asset = request.uri().path().starts_with("/assets/");
    let mut response = next.run(request).await;
    let keep = if asset && response.status().is_success() {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(keep));
    let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|of| of.as_bytes().starts_with(b"text/html"));
    if is_page {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    }
    response
}

/// GraphiQL from its public network address, for when the web example was not built. The page names what it loads with
/// its hash, and nothing else may be loaded or run: the person's token is typed into it.
async fn graphiql() -> Response {
    const SCRIPT: &str = include_str!("graphiql.js");
    const PUBLIC: &str = "https://unpkg.com";
    let hash = BASE64_STANDARD.encode(Sha256::digest(SCRIPT));
    let policy = format!(
        "default-src 'none'; connect-src 'self'; font-src data:; img-src data:; \
         script-src 'sha256-{hash}' {PUBLIC}/react@18.3.1/umd/ {PUBLIC}/react-dom@18.3.1/umd/ {PUBLIC}/graphiql@4.1.2/; \
         style-src 'unsafe-inline' {PUBLIC}/graphiql@4.1.2/; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let page = include_str!("graphiql.html").replace("{script}", SCRIPT);
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response()
}
