//! A bucket of an S3-compatible store.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::client::{HttpError, HttpErrorKind};
use object_store::path::Path as Place;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientConfigKey, ObjectStore, RetryConfig};
use rustls::crypto::ring;

use super::fault::{FilesFault, cause, sources};

/// How long one request may take, the whole of a photo included; a device gives up after 30 s.
const PATIENCE: &str = "20s";
/// How long a connection may take.
const CONNECTING: &str = "5s";
/// Tries after the first; the device comes again anyway.
const RETRIES: usize = 2;
/// How long after the first there may be another.
const RETRYING: Duration = Duration::from_secs(15);

/// The bucket, as the variables `AWS_…` say it is reached. They may name other times to wait, too.
pub(super) fn open(
    name: &str,
    prefix: Place,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<Arc<dyn ObjectStore>, FilesFault> {
    // Its connections take the process's provider; one that is there already stays.
    drop(ring::default_provider().install_default());
    let begun = AmazonS3Builder::new()
        .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), PATIENCE)
        .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::ConnectTimeout), CONNECTING);
    let given = variables.into_iter().filter(|(_, value)| !value.is_empty());
    let told = given.filter_map(|(name, value)| Some((setting(&name)?, value)));
    let builder = told.fold(begun, |builder, (key, value)| builder.with_config(key, value));
    let retry =
        RetryConfig { backoff: BackoffConfig::default(), max_retries: RETRIES, retry_timeout: RETRYING };
    // Not every store knows how to delete many at once, and we never have many.
    let builder = builder.with_bucket_name(name).with_retry(retry).with_disable_bulk_delete(true);
    let bucket = builder.build().map_err(FilesFault::Misconfigured)?;
    Ok(Arc::new(PrefixStore::new(bucket, prefix)))
}

/// What happened on the way to the bucket, if it was that.
pub(super) fn of_the_way(error: &object_store::Error) -> Option<FilesFault> {
    let broken: &HttpError = cause(error)?;
    Some(match broken.kind() {
        HttpErrorKind::Timeout => FilesFault::Slow,
        // The outer ones name the file, the innermost says what happened.
        _ => FilesFault::Unreachable(sources(broken).last().map(ToString::to_string).unwrap_or_default()),
    })
}

fn setting(name: &str) -> Option<AmazonS3ConfigKey> {
    name.starts_with("AWS_").then(|| name.to_ascii_lowercase().parse().ok()).flatten()
}
