//! What every answer says beside itself, files of the pages and refusals alike.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

/// Said where an answer says nothing else of it: it is kept nowhere, is what its type says, and is no page.
const USUALLY: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];
/// For a year, in seconds, and for this very name: others below it may be somebody else's.
const BY_TLS_ALONE: &str = "max-age=31536000";

/// Adds what an answer does not say itself.
pub(super) async fn completed(mut answer: Response) -> Response {
    USUALLY.into_iter().for_each(|(name, value)| add(answer.headers_mut(), name, value));
    answer
}

/// Tells a browser that this server is asked by TLS alone from now on.
pub(super) async fn by_tls_alone(mut answer: Response) -> Response {
    add(answer.headers_mut(), STRICT_TRANSPORT_SECURITY, BY_TLS_ALONE);
    answer
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
