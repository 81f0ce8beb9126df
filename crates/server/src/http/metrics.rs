//! What a keeper watches: how much is asked and refused, in the text format of Prometheus. Counts alone, never who; on an
//! address of its own, which only the keeper reaches.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{Server, headers};
use crate::database::meta::{self, Totals};
use crate::fault::chain;

/// The text format of Prometheus.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What was counted since the server began.
#[derive(Default)]
pub(super) struct Metrics {
    rounds: AtomicU64,
    commits: AtomicU64,
    changes: AtomicU64,
    refused: Mutex<BTreeMap<&'static str, u64>>,
}

impl Metrics {
    /// Counts a round with so many commits brought and changes told.
    pub(super) fn count_round(&self, commits: usize, changes: usize) {
        self.rounds.fetch_add(1, Ordering::Relaxed);
        self.commits.fetch_add(commits as u64, Ordering::Relaxed);
        self.changes.fetch_add(changes as u64, Ordering::Relaxed);
    }

    /// Counts a request that was refused with this code.
    pub(super) fn count_refusal(&self, code: &'static str) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(code).or_default() += 1;
    }

    fn text(&self, totals: &Totals) -> String {
        let counted = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let one = |name: &str, kind: &str, help: &str, value: u64| {
            format!("{}gridwalk_{name} {value}\n", head(name, kind, help))
        };
        let mut text = [
            one("rounds_total", "counter", "Rounds of sync answered.", counted(&self.rounds)),
            one("commits_total", "counter", "Commits that devices brought.", counted(&self.commits)),
            one("changes_total", "counter", "Changes told to devices.", counted(&self.changes)),
            one("records", "gauge", "Records that are not deleted.", totals.records),
            one("devices", "gauge", "Devices that are not shut out.", totals.devices),
            one(
                "quarantine_waiting",
                "gauge",
                "Commits that somebody has to decide about.",
                totals.quarantined,
            ),
            one("audit_entries", "gauge", "Entries of the audit.", totals.audit),
            head("refused_total", "counter", "Requests refused, by code."),
        ]
        .concat();
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        text.extend(
            refused
                .iter()
                .map(|(code, times)| format!("gridwalk_refused_total{{code=\"{code}\"}} {times}\n")),
        );
        text
    }
}

/// What is said of a figure before it.
fn head(name: &str, kind: &str, help: &str) -> String {
    format!("# HELP gridwalk_{name} {help}\n# TYPE gridwalk_{name} {kind}\n")
}

impl Server {
    /// The route of the keeper's own address.
    pub fn metrics_router(self) -> Router {
        Router::new().route("/metrics", get(metrics)).layer(map_response(headers::completed)).with_state(self)
    }
}

async fn metrics(State(server): State<Server>) -> Response {
    match server.database.read(meta::totals).await {
        Ok(totals) => ([(CONTENT_TYPE, TEXT)], server.metrics.text(&totals)).into_response(),
        Err(fault) => {
            tracing::error!(cause = chain(&fault), "nothing can be counted");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
