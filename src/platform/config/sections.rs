//! The sections of the configuration. The text of each variable is what `.env.example` and the README show.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::env::{Env, Mistakes, Variable, list, seconds};
use super::metrics::{MetricsConfig, metrics};
use super::odoo::{OdooConfig, odoo};
use super::traces::{TracesConfig, traces};
use crate::kernel::address::TrustedProxies;

/// Everything that can be set from outside.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where and how the server listens.
    pub http: HttpConfig,
    /// Where the data are.
    pub database: DatabaseConfig,
    /// How changes reach the screens.
    pub bus: BusConfig,
    /// Tokens and log-in.
    pub auth: AuthConfig,
    /// What one request and one caller may cost.
    pub limits: LimitsConfig,
    /// Background work.
    pub jobs: JobsConfig,
    /// The Odoo server; absent: no Odoo.
    pub odoo: Option<OdooConfig>,
    /// Logs, metrics and traces.
    pub telemetry: TelemetryConfig,
    /// A folder of time zones, instead of the newest of the machine's and the program's.
    pub zoneinfo: Option<PathBuf>,
}

/// Where and how the server listens.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// Origins that browsers may call from, besides our own.
    pub cors_origins: Vec<String>,
    /// Whose `X-Forwarded-For` is believed.
    pub trust_proxy: TrustedProxies,
    /// The built web example.
    pub web_dir: PathBuf,
    /// Whether GraphiQL is served.
    pub graphiql: bool,
    /// Whether the schema may be asked for.
    pub introspection: bool,
    /// A file of the only documents that are answered.
    pub trusted_documents: Option<PathBuf>,
}

/// Where the data are.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// `sqlite://` or `postgres://`.
    pub url: SecretString,
    /// Most connections of one process.
    pub max_connections: u32,
}

/// How changes reach the screens.
#[derive(Clone, Debug)]
pub struct BusConfig {
    /// Redis for several instances; absent: the bus stays inside the process.
    pub redis_url: Option<SecretString>,
    /// What stands before the names of the channels.
    pub channel_prefix: String,
    /// Days for which events are kept.
    pub days_kept: u64,
}

/// Tokens and log-in.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// The signing secret, if given directly.
    pub jwt_secret: Option<SecretString>,
    /// Files with signing secrets: the first signs, all are accepted.
    pub jwt_key_files: Vec<PathBuf>,
    /// Life of an access token.
    pub access_ttl: Duration,
    /// Life of a session without a refresh.
    pub refresh_ttl: Duration,
    /// Failed log-ins per account and address in 15 minutes before it has to wait.
    pub login_attempts: u64,
}

/// Background work.
#[derive(Clone, Copy, Debug)]
pub struct JobsConfig {
    /// Jobs that one process does at a time.
    pub slots: usize,
    /// A claim holds for so long, unless it is renewed.
    pub lease: Duration,
}

/// What one request and one caller may cost.
#[derive(Clone, Debug)]
pub struct LimitsConfig {
    /// Bytes of a request's body.
    pub body: usize,
    /// Bytes of an answer.
    pub answer: usize,
    /// Bytes of a document.
    pub document: usize,
    /// Tokens of a document.
    pub tokens: usize,
    /// Levels of nesting.
    pub depth: usize,
    /// Points of one operation: about one a field and row.
    pub cost: u64,
    /// Aliases in one document.
    pub aliases: usize,
    /// Directives in one document.
    pub directives: usize,
    /// Points that one caller may spend in a minute.
    pub points_per_minute: u32,
    /// Connections that stay open, of one user.
    pub connections: usize,
    /// Time for one request.
    pub request_timeout: Duration,
}

/// Logs, metrics and traces.
#[derive(Clone, Debug)]
pub struct TelemetryConfig {
    /// A filter as `tracing` reads it.
    pub filter: String,
    /// How lines are written.
    pub format: LogFormat,
    /// Who may read the metrics.
    pub metrics: MetricsConfig,
    /// Traces; absent: there are none.
    pub traces: Option<TracesConfig>,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl std::str::FromStr for LogFormat {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err(()),
        }
    }
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// All mistakes at once.
    pub fn from_env() -> Result<Config, Mistakes> {
        Config::from_lookup(&|name| std::env::var(name).ok()).0
    }

    /// Reads any source of variables; also tells which variables there are.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> (Result<Config, Mistakes>, Vec<Variable>) {
        let mut env = Env::new(lookup);
        let http = http(&mut env);
        let server = http.listen;
        let config = Config {
            http,
            database: database(&mut env),
            bus: bus(&mut env),
            auth: auth(&mut env),
            limits: limits(&mut env),
            jobs: jobs(&mut env),
            odoo: odoo(&mut env),
            telemetry: telemetry(&mut env, server),
            zoneinfo: env
                .text(
                    "CABINA_ZONEINFO",
                    "Folder of time zones with a tzdata.zi. Absent: the machine's or the program's own, whichever is newer.",
                )
                .map(PathBuf::from),
        };
        let result = if env.mistakes.is_empty() { Ok(config) } else { Err(Mistakes(env.mistakes)) };
        (result, env.variables)
    }
}

fn http(env: &mut Env) -> HttpConfig {
    HttpConfig {
        listen: env.read("CABINA_LISTEN", "127.0.0.1:8080", "Address and port to listen on.", "an address and port"),
        cors_origins: list(env.text(
            "CABINA_CORS_ORIGINS",
            "Origins that browsers may call the API from, separated by commas. Absent: only this server's own pages.",
        )),
        trust_proxy: env.read(
            "CABINA_TRUST_PROXY",
            "false",
            "Whose X-Forwarded-For is believed: false (nobody's), true (that of the one proxy in front, when every \
             request comes through it), or the networks of the proxies, separated by commas: 10.0.0.0/8,fd00::/8.",
            "true, false, or networks such as 10.0.0.0/8, separated by commas",
        ),
        web_dir: PathBuf::from(env.read::<String>(
            "CABINA_WEB_DIR",
            "web-example/dist",
            "Folder of the built web example; when it is missing, / leads to GraphiQL.",
            "a folder",
        )),
        graphiql: env.switch("CABINA_GRAPHIQL", "true", "Serve GraphiQL at /graphiql."),
        introspection: env.switch("CABINA_INTROSPECTION", "true", "Answer introspection queries."),
        trusted_documents: env
            .text(
                "CABINA_TRUSTED_DOCUMENTS",
                "JSON file of documents by their SHA-256; when set, every other document is refused.",
            )
            .map(PathBuf::from),
    }
}

fn database(env: &mut Env) -> DatabaseConfig {
    let url: String = env.read(
        "DATABASE_URL",
        "sqlite://data/cabina.db",
        "The database: sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME.",
        "a database address",
    );
    if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
        env.mistake("DATABASE_URL must begin with sqlite: or postgres:");
    }
    let max_connections =
        env.number("CABINA_DATABASE_CONNECTIONS", "10", 1, 500, "Most database connections of one process.");
    DatabaseConfig { url: url.into(), max_connections: u32::try_from(max_connections).unwrap_or(10) }
}

fn bus(env: &mut Env) -> BusConfig {
    let url =
        env.text("REDIS_URL", "Redis, for several instances: redis://HOST:6379. Absent: one instance alone.");
    if url.as_ref().is_some_and(|url| !url.starts_with("redis://") && !url.starts_with("rediss://")) {
        env.mistake("REDIS_URL must begin with redis:// or rediss://");
    }
    let prefix = env.text(
        "CABINA_CHANNEL_PREFIX",
        "What stands before the names of the Redis channels, where several installations share one Redis.",
    );
    BusConfig {
        redis_url: url.map(Into::into),
        channel_prefix: prefix.unwrap_or_default(),
        days_kept: env.number(
            "CABINA_EVENT_DAYS",
            "7",
            1,
            365,
            "Days for which a screen that was away can take up where it left off.",
        ),
    }
}

/// Shorter secrets can be guessed (RFC 7518 section 3.2 asks for the hash's length).
pub(super) const SECRET_BYTES: usize = 32;

fn auth(env: &mut Env) -> AuthConfig {
    let jwt_secret = env.text(
        "CABINA_JWT_SECRET",
        "Secret that signs access tokens, at least 32 characters. Absent, and no key files: one is made and kept \
         beside the database.",
    );
    if jwt_secret.as_ref().is_some_and(|secret| secret.len() < SECRET_BYTES) {
        env.mistake(format!("CABINA_JWT_SECRET must have at least {SECRET_BYTES} characters"));
    }
    let jwt_key_files: Vec<PathBuf> = list(env.text(
        "CABINA_JWT_KEY_FILES",
        "Files with signing secrets, separated by commas: the first signs, all are accepted. To rotate, put the new \
         one in front and remove the old one after an access token's life.",
    ))
    .into_iter()
    .map(PathBuf::from)
    .collect();
    if jwt_secret.is_some() && !jwt_key_files.is_empty() {
        env.mistake("CABINA_JWT_SECRET and CABINA_JWT_KEY_FILES exclude each other");
    }
    AuthConfig {
        jwt_secret: jwt_secret.map(Into::into),
        jwt_key_files,
        access_ttl: seconds(env.number(
            "CABINA_ACCESS_TTL",
            "900",
            5,
            86_400,
            "Life of an access token, in seconds.",
        )),
        refresh_ttl: seconds(env.number(
            "CABINA_REFRESH_TTL",
            "2592000",
            60,
            31_536_000,
            "Life of a session that is not refreshed, in seconds.",
        )),
        login_attempts: env.number(
            "CABINA_LOGIN_ATTEMPTS",
            "5",
            1,
            1000,
            "Failed log-ins of one account from one address within 15 minutes before it has to wait.",
        ),
    }
}

fn limits(env: &mut Env) -> LimitsConfig {
    let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    LimitsConfig {
        body: count(env.number(
            "CABINA_MAX_BODY",
            "1048576",
            1024,
            104_857_600,
            "Largest request body, in bytes.",
        )),
        answer: count(env.number(
            "CABINA_MAX_ANSWER",
            "8388608",
            1024,
            1_073_741_824,
            "Largest answer, in bytes; also of one item of a stream.",
        )),
        document: count(env.number(
            "CABINA_MAX_DOCUMENT",
            "65536",
            1024,
            1_048_576,
            "Largest GraphQL document, in bytes; variables may have the rest of the body.",
        )),
        tokens: count(env.number(
            "CABINA_MAX_TOKENS",
            "5000",
            500,
            100_000,
            "Most tokens (names, values, brackets) of one document.",
        )),
        depth: count(env.number("CABINA_MAX_DEPTH", "15", 3, 100, "Deepest nesting of a document.")),
        cost: env.number(
            "CABINA_MAX_COST",
            "200000",
            100,
            10_000_000,
            "Most points of one operation (a field of a row is one).",
        ),
        aliases: count(env.number("CABINA_MAX_ALIASES", "50", 0, 10_000, "Most aliases in one document.")),
        directives: count(env.number(
            "CABINA_MAX_DIRECTIVES",
            "50",
            0,
            10_000,
            "Most directives in one document.",
        )),
        points_per_minute: u32::try_from(env.number(
            "CABINA_POINTS_PER_MINUTE",
            "3000000",
            1,
            u64::from(u32::MAX),
            "Points that one user, key or anonymous address may spend in a minute.",
        ))
        .unwrap_or(u32::MAX),
        connections: count(env.number(
            "CABINA_MAX_CONNECTIONS",
            "50",
            1,
            1_000_000,
            "Websockets and event streams that one user, key or anonymous address may keep open on one server.",
        )),
        request_timeout: seconds(env.number(
            "CABINA_REQUEST_TIMEOUT",
            "30",
            1,
            600,
            "Time for one request, for one operation of a websocket and for one statement, in seconds.",
        )),
    }
}

fn jobs(env: &mut Env) -> JobsConfig {
    let slots =
        env.number("CABINA_JOB_SLOTS", "8", 1, 1000, "Background jobs that one process does at a time.");
    JobsConfig {
        slots: usize::try_from(slots).unwrap_or(1),
        lease: seconds(env.number(
            "CABINA_JOB_LEASE",
            "30",
            1,
            3600,
            "After so many seconds the work of a process that died is taken over by another.",
        )),
    }
}

fn telemetry(env: &mut Env, server: SocketAddr) -> TelemetryConfig {
    TelemetryConfig {
        filter: env.read(
            "CABINA_LOG",
            "info",
            "What is logged: error, warn, info, debug, or a tracing filter.",
            "a filter",
        ),
        format: env.read("CABINA_LOG_FORMAT", "text", "text for people, json for machines.", "text or json"),
        metrics: metrics(env, server),
        traces: traces(env),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_sound_and_every_variable_is_in_the_example() {
        let (config, variables) = Config::from_lookup(&|_| None);
        config.expect("the defaults have no mistakes");
        let example = include_str!("../../../.env.example");
        let expected: String =
            variables.iter().map(|v| format!("# {}\n#{}={}\n\n", v.doc, v.name, v.default)).collect();
        assert!(example.ends_with(&expected), ".env.example must end with:\n{expected}");
    }

    #[test]
    fn all_mistakes_are_reported_at_once_and_no_value_is_shown() {
        let lookup = |name: &str| match name {
            "CABINA_LISTEN" => Some("here".into()),
            "DATABASE_URL" => Some("mysql://user:hunter2@db/x".into()),
            "CABINA_JWT_SECRET" => Some("hunter2".into()),
            "CABINA_MAX_DEPTH" => Some("1".into()),
            "CABINA_METRICS_LISTEN" => Some("9090".into()),
            "CABINA_METRICS_TOKEN" => Some("hunter2".into()),
            _ => None,
        };
        let mistakes = Config::from_lookup(&lookup).0.expect_err("six mistakes");
        assert_eq!(
            mistakes.0,
            [
                "CABINA_LISTEN must be an address and port",
                "DATABASE_URL must begin with sqlite: or postgres:",
                "CABINA_JWT_SECRET must have at least 32 characters",
                "CABINA_MAX_DEPTH must be between 3 and 100",
                "CABINA_METRICS_LISTEN must be an address and port",
                "CABINA_METRICS_TOKEN must have at least 16 characters, all of them ASCII and no spaces",
            ]
        );
        assert!(!mistakes.to_string().contains("hunter2"));
    }
}
