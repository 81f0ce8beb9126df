//! The server's face: few requests that matter, CBOR in and out, answers signed.

mod access;
mod answer;
mod aside;
mod attachment;
mod body;
mod courier;
mod crowd;
mod enrolment;
mod guesses;
mod headers;
pub mod listen;
mod metrics;
pub mod pages;
mod patience;
mod refusals;
mod rounds;

use std::sync::{Arc, Mutex};

use aside::Aside;
use axum::routing::{get, post};
use axum::{Router, middleware};
use courier::Bucket;
use guesses::Guesses;
use metrics::Metrics;
use pages::Pages;
use refusals::Refusals;
use sync::seal::{Key, KeyPair};
use tokio::sync::Semaphore;

use crate::database::{Database, meta};
use crate::fault::ServerFault;
use crate::files::Files;
use crate::tokens;

/// Requests inflated and decoded at the same moment: each may take some ten megabytes.
const INFLATING: usize = 8;
/// Photos put together at the same moment: each may take ten megabytes.
const FINISHING: usize = 4;

/// Everything a request needs.
#[derive(Clone)]
pub struct Server {
    database: Database,
    files: Option<Files>,
    secret_key: Arc<[u8; 32]>,
    sealing_key: Key,
    epoch: u64,
    clock: Clock,
    inflating: Arc<Semaphore>,
    aside: Arc<Aside>,
    finishing: Arc<Semaphore>,
    carried: Arc<Mutex<Bucket>>,
    refusals: Arc<Refusals>,
    metrics: Arc<Metrics>,
    guesses: Arc<Guesses>,
    pages: Arc<Pages>,
    token_age_ms: i64,
}

/// Gives the time, ms since 1970 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

impl Server {
    /// Over a database, with the key and epoch it holds.
    ///
    /// # Errors
    /// A failure of the database; [`ServerFault::Threads`] when there are no threads to be had.
    pub async fn new(database: Database, clock: Clock) -> Result<Self, ServerFault> {
        let read = database.read(|snapshot| Ok((meta::secret_key(snapshot)?, meta::epoch(snapshot)?)));
        let (secret_key, epoch) = read.await?;
        let inflating = Arc::new(Semaphore::new(INFLATING));
        let sealing_key = KeyPair::of_server(&secret_key).public;
        let secret_key = Arc::new(secret_key);
        Ok(Self {
            database,
            files: None,
            secret_key,
            sealing_key,
            epoch,
            clock,
            inflating,
            aside: Arc::new(Aside::start()?),
            finishing: Arc::new(Semaphore::new(FINISHING)),
            carried: Arc::default(),
            refusals: Arc::default(),
            metrics: Arc::default(),
            guesses: Arc::default(),
            pages: Arc::new(Pages::embedded()),
            token_age_ms: tokens::USUAL_AGE_MS,
        })
    }

    /// The same server with a place for attachments; without one it takes none, and they wait on the
    /// devices.
    #[must_use]
    pub fn with_files(self, files: Files) -> Self {
        Self { files: Some(files), ..self }
    }

    /// The same server with other pages than its own.
    #[must_use]
    pub fn with_pages(self, pages: Pages) -> Self {
        Self { pages: Arc::new(pages), ..self }
    }

    /// The same server, whose tokens get another age than the usual one, ms.
    #[must_use]
    pub fn with_token_age(self, token_age_ms: i64) -> Self {
        Self { token_age_ms, ..self }
    }

    /// The routes.
    pub fn router(self) -> Router {
        let noted = middleware::from_fn_with_state(self.clone(), refusals::noted);
        Router::new()
            .route("/sync", post(rounds::sync))
            .route("/enrol", post(enrolment::enrol))
            .route("/attachment", post(attachment::attachment))
            .route("/courier", post(courier::carry))
            .route("/access", post(access::access))
            .route_layer(noted)
            .route("/healthz", get(health))
            .fallback(pages::page)
            .layer(middleware::map_response(headers::completed))
            .with_state(self)
    }

    fn now_ms(&self) -> i64 {
        (self.clock)()
    }
}

/// Whether the process answers; no secret, no figure.
async fn health() -> &'static str {
    "ok"
}
