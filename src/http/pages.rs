//! The web example at `/`, GraphiQL at `/graphiql`.

use axum::Router;
use axum::response::{Html, Redirect};
use axum::routing::get;
use tower_http::services::{ServeDir, ServeFile};

use super::Web;
use crate::platform::config::HttpConfig;

/// The routes of the pages; without a built web example, `/` leads to GraphiQL.
pub fn routes(config: &HttpConfig) -> Router<Web> {
    let index = config.web_dir.join("index.html");
    let bundled = config.web_dir.join("graphiql.html");
    let mut router = Router::new();
    if config.graphiql {
        router = if bundled.exists() {
            router.route_service("/graphiql", ServeFile::new(bundled))
        } else {
            router.route("/graphiql", get(graphiql))
        };
    }
    if index.exists() {
        router.fallback_service(ServeDir::new(&config.web_dir).fallback(ServeFile::new(index)))
    } else if config.graphiql {
        router.route("/", get(|| async { Redirect::temporary("/graphiql") }))
    } else {
        router
    }
}

/// GraphiQL from its public network address, for when the web example was not built.
async fn graphiql() -> Html<String> {
    Html(async_graphql::http::GraphiQLSource::build().endpoint("/graphql").title("cabina").finish())
}
