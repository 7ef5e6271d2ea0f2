//! Who may read the metrics.

use std::net::SocketAddr;

use secrecy::SecretString;

use super::env::Env;

/// Who may read the metrics, and the details of the readiness answer.
#[derive(Clone, Debug)]
pub struct MetricsConfig {
    /// Their own address and port; absent: `/metrics` is at the server's.
    pub listen: Option<SocketAddr>,
    /// The bearer token that they ask for; absent: none.
    pub token: Option<SecretString>,
}

/// Shorter tokens can be guessed.
const TOKEN_CHARACTERS: usize = 16;

pub(super) fn metrics(env: &mut Env, server: SocketAddr) -> MetricsConfig {
    let listen = env.text(
        "CABINA_METRICS_LISTEN",
        "Address and port of their own for /metrics and a /health/ready with details, say 127.0.0.1:9090. Absent: \
         /metrics is at CABINA_LISTEN.",
    );
    let listen = listen.and_then(|text| {
        let parsed = text.parse::<SocketAddr>().ok();
        if parsed.is_none() {
            env.mistake("CABINA_METRICS_LISTEN must be an address and port");
        }
        parsed
    });
    if listen.is_some_and(|listen| listen == server && listen.port() != 0) {
        env.mistake("CABINA_METRICS_LISTEN and CABINA_LISTEN must not be the same");
    }
    let token = env.text(
        "CABINA_METRICS_TOKEN",
        "Bearer token that /metrics asks for, at least 16 characters without spaces. Absent: whoever reaches it may \
         read it.",
    );
    if token.as_ref().is_some_and(|token| {
        token.len() < TOKEN_CHARACTERS || !token.chars().all(|each| each.is_ascii_graphic())
    }) {
        env.mistake(format!(
            "CABINA_METRICS_TOKEN must have at least {TOKEN_CHARACTERS} characters, all of them ASCII and no spaces"
        ));
    }
    MetricsConfig { listen, token: token.map(Into::into) }
}
